import Foundation

/// Distances between two histograms over the same bins.
package enum HistogramDistance {
    /// Population stability index: Σ (qᵢ − pᵢ) ln(qᵢ / pᵢ), the symmetrised Kullback–Leibler divergence in nats.
    ///
    /// By convention below 0.1 nothing moved, and above 0.25 much did. Bins get half a count each first (Krichevsky and
    /// Trofimov 1981), so that one empty bin does not make the index infinite.
    ///
    /// - SeeAlso: Siddiqi 2006, Credit Risk Scorecards; Yurdakul 2018, Statistical Properties of Population Stability Index.
    package static func populationStability(_ reference: [Int], _ current: [Int]) -> Double {
        zip(shares(reference, added: 0.5), shares(current, added: 0.5)).reduce(0) { sum, share in
            sum + (share.1 - share.0) * log(share.1 / share.0)
        }
    }

    /// Jensen–Shannon distance: the square root of the mean divergence from the middle of both, in bits, 0 to 1.
    ///
    /// Finite whatever is empty, so that nothing is added to any bin: half a count in each of a thousand would hide most
    /// of what 250 observations say.
    ///
    /// - SeeAlso: Endres and Schindelin 2003, A New Metric for Probability Distributions.
    package static func jensenShannon(_ reference: [Int], _ current: [Int]) -> Double {
        max(0, jensenShannonDivergence(reference, current)).squareRoot()
    }

    /// The square of ``jensenShannon(_:_:)``, in bits.
    package static func jensenShannonDivergence(_ reference: [Int], _ current: [Int]) -> Double {
        zip(shares(reference), shares(current)).reduce(0) { sum, share in
            let middle = (share.0 + share.1) / 2
            return sum + (divergence(of: share.0, from: middle) + divergence(of: share.1, from: middle)) / 2
        }
    }

    /// One bin's part, in bits; none of an empty one.
    private static func divergence(of share: Double, from middle: Double) -> Double {
        share > 0 ? share * log2(share / middle) : 0
    }

    /// - Parameter added: counts that every bin gets first.
    private static func shares(_ counts: [Int], added: Double = 0) -> [Double] {
        let total = Double(counts.reduce(0, +)) + added * Double(counts.count)
        return counts.map { total > 0 ? (Double($0) + added) / total : 0 }
    }
}

/// Two histograms compared: distances less what chance alone makes of them, and how likely chance is.
///
/// Both distances grow with the number of bins even where nothing moved: with 77 labels and 250 texts the index of one
/// distribution with itself is near 0.4. What chance makes, measured by drawing both sides from their union, is
/// therefore taken off before a threshold is asked.
///
/// Both sides must be random samples. A side whose counts were set to its shares varies less than what is drawn from
/// the union, and among many bins no shift stands out from that.
package struct HistogramComparison: Hashable {
    /// As published, with nothing taken off.
    package var rawPopulationStability: Double
    package var populationStability: Double
    package var jensenShannon: Double
    /// Of the Jensen–Shannon divergence under permutation.
    package var pValue: Double

    /// - Parameters:
    ///   - reference: counts by bin; at least one count on each side.
    ///   - permutations: how often the union is dealt out anew.
    ///   - limit: how often at most, where so few were as far apart that the p-value is not known yet.
    ///   - enough: were as far apart; more make nothing clearer.
    /// - SeeAlso: Besag and Clifford 1991, Sequential Monte Carlo p-values.
    package init(
        reference: [Int], current: [Int], permutations: Int = 499, limit: Int = 0, enough: Int = 25,
        using generator: inout some RandomNumberGenerator
    ) {
        precondition(reference.count == current.count, "histograms need the same bins")
        // A reference of ten thousand says no more than one of a few thousand, and costs more to deal out.
        let reference = Self.thinned(reference, to: 4_000, using: &generator)
        let size = current.reduce(0, +)
        let both = zip(reference, current).map(+)
        var union = Self.listed(both)
        rawPopulationStability = HistogramDistance.populationStability(reference, current)
        let divergence = HistogramDistance.jensenShannonDivergence(reference, current)
        var stabilitySum = 0.0
        var divergenceSum = 0.0
        var atLeast = 0
        var dealt = 0
        while dealt < permutations || (dealt < limit && atLeast < enough) {
            dealt += 1
            let drawn = Self.draw(size, from: &union, bins: current.count, using: &generator)
            let rest = zip(both, drawn).map(-)
            stabilitySum += HistogramDistance.populationStability(rest, drawn)
            let permuted = HistogramDistance.jensenShannonDivergence(rest, drawn)
            divergenceSum += permuted
            if permuted >= divergence - 1e-12 { atLeast += 1 }
        }
        let count = Double(max(dealt, 1))
        populationStability = max(0, rawPopulationStability - stabilitySum / count)
        jensenShannon = max(0, divergence - divergenceSum / count).squareRoot()
        pValue = Double(atLeast + 1) / Double(dealt + 1)
    }

    /// A random part of what was counted, where that is more than the limit.
    private static func thinned(
        _ counts: [Int], to limit: Int, using generator: inout some RandomNumberGenerator
    ) -> [Int] {
        guard counts.reduce(0, +) > limit else { return counts }
        var all = listed(counts)
        return draw(limit, from: &all, bins: counts.count, using: &generator)
    }

    /// The bin of everything that was counted.
    private static func listed(_ counts: [Int]) -> [Int32] {
        var bins: [Int32] = []
        bins.reserveCapacity(counts.reduce(0, +))
        for (bin, count) in counts.enumerated() { bins += repeatElement(Int32(bin), count: count) }
        return bins
    }

    /// Counts by bin of a uniform draw without replacement: the first of a partial Fisher–Yates shuffle.
    private static func draw(
        _ size: Int, from items: inout [Int32], bins: Int, using generator: inout some RandomNumberGenerator
    ) -> [Int] {
        var drawn = [Int](repeating: 0, count: bins)
        for position in 0..<size {
            items.swapAt(position, position + generator.uniform(below: items.count - position))
            drawn[Int(items[position])] += 1
        }
        return drawn
    }
}

extension RandomNumberGenerator {
    /// A uniform integer from 0 to `bound − 1`; `bound` is positive and below 2³².
    mutating func uniform(below bound: Int) -> Int {
        Int((UInt64(UInt32(truncatingIfNeeded: next() >> 32)) * UInt64(bound)) >> 32)
    }
}
