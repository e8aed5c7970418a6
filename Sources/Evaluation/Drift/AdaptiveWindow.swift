import Foundation

/// ADWIN: a window over the latest values of a stream that grows while their mean stands still and drops its oldest
/// part once two parts of it differ beyond chance.
///
/// Values are kept as sums of runs of 1, 2, 4, … (an exponential histogram), so memory is logarithmic in the width.
///
/// - SeeAlso: Bifet and Gavaldà 2007, Learning from Time-Changing Data with Adaptive Windowing, section 3.2; the bound
///   is that of section 3.1 with variance, over sides shortened by the smallest allowed one as River does it.
package struct AdaptiveWindow: Sendable, Hashable, Codable {
    /// What one cut told.
    package enum Change: Sendable, Hashable {
        case rise, fall
    }

    /// Values in one run, known by their sum and the sum of squared deviations.
    private struct Run: Sendable, Hashable, Codable {
        var total: Double
        var deviation: Double
    }

    /// Confidence of a cut is 1 − δ.
    package let delta: Double
    /// Runs of one length before the two oldest merge.
    private static let runsPerLevel = 5
    /// Values between two looks for a cut.
    private static let lookInterval = 32
    private static let leastSide = 5.0
    /// No look before there are more values than this.
    private static let grace = 10.0

    /// Level l holds runs of 2^l values, oldest first.
    private var levels: [[Run]] = [[]]
    private var seen = 0
    package private(set) var width = 0.0
    private var total = 0.0
    private var deviation = 0.0

    package init(delta: Double = 0.002) { self.delta = delta }

    /// Mean of the values in the window; 0 while it is empty.
    package var mean: Double { width > 0 ? total / width : 0 }
    package var variance: Double { width > 0 ? deviation / width : 0 }

    /// Takes a value; tells when the window was cut, and which way the mean went.
    package mutating func add(_ value: Double) -> Change? {
        if width > 0 {
            let distance = value - mean
            deviation += distance * distance * width / (width + 1)
        }
        width += 1
        total += value
        levels[0].append(Run(total: value, deviation: 0))
        compress()
        seen += 1
        guard seen.isMultiple(of: Self.lookInterval), width > Self.grace else { return nil }
        let before = mean
        var wasCut = false
        while hasCut { dropOldest(); wasCut = true }
        return wasCut ? (mean > before ? .rise : .fall) : nil
    }

    private mutating func compress() {
        var level = 0
        while level < levels.count, levels[level].count > Self.runsPerLevel {
            if level + 1 == levels.count { levels.append([]) }
            let size = Double(1 << level)
            let (a, b) = (levels[level].removeFirst(), levels[level].removeFirst())
            let distance = (a.total - b.total) / size
            levels[level + 1].append(
                Run(total: a.total + b.total, deviation: a.deviation + b.deviation + size * distance * distance / 2))
            level += 1
        }
    }

    private mutating func dropOldest() {
        let level = levels.count - 1
        let size = Double(1 << level)
        let run = levels[level].removeFirst()
        width -= size
        total -= run.total
        let distance = run.total / size - mean
        deviation -= run.deviation + size * width * distance * distance / (size + width)
        while levels.count > 1, levels[levels.count - 1].isEmpty { levels.removeLast() }
    }

    /// Whether some border between two runs parts the window into halves that differ beyond chance.
    private var hasCut: Bool {
        let logarithm = log(2 * log(width) / delta)
        var older = (count: 0.0, total: 0.0)
        for level in levels.indices.reversed() {
            let size = Double(1 << level)
            for run in levels[level] {
                older.count += size
                older.total += run.total
                let newer = width - older.count
                guard older.count >= Self.leastSide, newer >= Self.leastSide else { continue }
                let harmonic = 1 / (older.count - Self.leastSide + 1) + 1 / (newer - Self.leastSide + 1)
                let bound = (2 * harmonic * variance * logarithm).squareRoot() + 2.0 / 3.0 * logarithm * harmonic
                if abs(older.total / older.count - (total - older.total) / newer) > bound { return true }
            }
        }
        return false
    }
}
