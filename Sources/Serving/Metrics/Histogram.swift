/// Counts of observations by upper bound, as Prometheus keeps them.
package struct Histogram: Sendable {
    /// Ascending upper bounds, without +Inf.
    let bounds: [Double]
    /// Observations in each bound's own interval; the last is above all bounds.
    private(set) var counts: [Int]
    private(set) var sum = 0.0

    package init(bounds: [Double]) {
        self.bounds = bounds
        counts = Array(repeating: 0, count: bounds.count + 1)
    }

    package mutating func observe(_ value: Double) {
        counts[bounds.firstIndex { value <= $0 } ?? bounds.count] += 1
        sum += value
    }

    var count: Int { counts.reduce(0, +) }

    static let seconds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]
    static let inputs: [Double] = [1, 2, 4, 8, 16, 32, 64, 128, 256]
}
