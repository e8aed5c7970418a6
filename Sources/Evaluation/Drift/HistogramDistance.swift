import Foundation

/// Distances between two histograms over the same bins.
///
/// Bins get half a count each first (Krichevsky and Trofimov 1981), so that one empty bin does not make the distance
/// infinite.
package enum HistogramDistance {
    /// Population stability index: Σ (qᵢ − pᵢ) ln(qᵢ / pᵢ), the symmetrised Kullback–Leibler divergence in nats.
    ///
    /// By convention below 0.1 nothing moved, and above 0.25 much did.
    ///
    /// - SeeAlso: Siddiqi 2006, Credit Risk Scorecards; Yurdakul 2018, Statistical Properties of Population Stability Index.
    package static func populationStability(_ reference: [Int], _ current: [Int]) -> Double {
        zip(shares(reference), shares(current)).reduce(0) { sum, share in
            sum + (share.1 - share.0) * log(share.1 / share.0)
        }
    }

    /// Jensen–Shannon distance: the square root of the mean divergence from the middle of both, in bits, 0 to 1.
    ///
    /// - SeeAlso: Endres and Schindelin 2003, A New Metric for Probability Distributions.
    package static func jensenShannon(_ reference: [Int], _ current: [Int]) -> Double {
        max(0, jensenShannonDivergence(reference, current)).squareRoot()
    }

    /// The square of ``jensenShannon(_:_:)``, in bits.
    package static func jensenShannonDivergence(_ reference: [Int], _ current: [Int]) -> Double {
        zip(shares(reference), shares(current)).reduce(0) { sum, share in
            let middle = (share.0 + share.1) / 2
            return sum + (share.0 * log2(share.0 / middle) + share.1 * log2(share.1 / middle)) / 2
        }
    }

    private static func shares(_ counts: [Int]) -> [Double] {
        let total = Double(counts.reduce(0, +)) + 0.5 * Double(counts.count)
        return counts.map { (Double($0) + 0.5) / total }
    }
}

/// Two histograms compared: distances less what chance alone makes of them, and how likely chance is.
///
/// Both distances grow with the number of bins even where nothing moved: with 77 labels and 250 texts the index of one
/// distribution with itself is near 0.4. What chance makes, measured by drawing both sides from their union, is
/// therefore taken off before a threshold is asked.
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
        let reference = Self.thinned(reference, to: 4_000)
        let size = current.reduce(0, +)
        var union: [Int32] = []
        for bin in reference.indices {
            union += repeatElement(Int32(bin), count: reference[bin] + current[bin])
        }
        rawPopulationStability = HistogramDistance.populationStability(reference, current)
        let divergence = HistogramDistance.jensenShannonDivergence(reference, current)
        var stabilitySum = 0.0
        var divergenceSum = 0.0
        var atLeast = 0
        var dealt = 0
        let both = zip(reference, current).map(+)
        while dealt < permutations || (dealt < limit && atLeast < enough) {
            dealt += 1
            // The first `size` of a partial Fisher–Yates shuffle are a uniform draw without replacement.
            var drawn = [Int](repeating: 0, count: current.count)
            for position in 0..<size {
                union.swapAt(position, position + generator.uniform(below: union.count - position))
                drawn[Int(union[position])] += 1
            }
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

    private static func thinned(_ counts: [Int], to limit: Int) -> [Int] {
        let total = counts.reduce(0, +)
        guard total > limit else { return counts }
        return counts.map { Int((Double($0) * Double(limit) / Double(total)).rounded()) }
    }
}

extension RandomNumberGenerator {
    /// A uniform integer from 0 to `bound − 1`; `bound` is positive and below 2³².
    mutating func uniform(below bound: Int) -> Int {
        Int((UInt64(UInt32(truncatingIfNeeded: next() >> 32)) * UInt64(bound)) >> 32)
    }
}
