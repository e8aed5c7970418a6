import Foundation

/// Two models' answers on the same examples: what one lost and gained against the other.
package struct PairedComparison: Hashable {
    /// Examples the champion answered right and the candidate wrong.
    package let lost: Int
    /// Examples the candidate answered right and the champion wrong.
    package let gained: Int
    package let examples: Int

    package init(lost: Int, gained: Int, examples: Int) {
        self.lost = lost
        self.gained = gained
        self.examples = examples
    }

    /// Both must be answers to the same examples in the same order.
    package init(champion: [Bool], candidate: [Bool]) {
        precondition(
            champion.count == candidate.count,
            "a paired comparison needs the same examples, not \(champion.count) and \(candidate.count)")
        let pairs = zip(champion, candidate)
        self.init(
            lost: pairs.count { $0 && !$1 }, gained: pairs.count { !$0 && $1 }, examples: champion.count)
    }

    package static func + (left: Self, right: Self) -> Self {
        Self(
            lost: left.lost + right.lost, gained: left.gained + right.gained,
            examples: left.examples + right.examples)
    }

    /// Accuracy the candidate lost; negative when it gained.
    package var drop: Double { examples > 0 ? Double(lost - gained) / Double(examples) : 0 }

    /// One-sided p-value of "the true drop exceeds `margin`": how likely a drop of at least this size is when the
    /// true one is `margin`.
    ///
    /// Score test for the difference of paired proportions: the variance is the one most likely under the null
    /// hypothesis, so that it holds where nothing or almost nothing was lost, and for few examples. A continuity
    /// correction of half an example keeps the error rate below the nominal one; enumerated over all outcomes, it
    /// is at most 5.4 % for a nominal 5 %.
    ///
    /// - SeeAlso: Tango 1998, Equivalence Test and Confidence Interval for the Difference in Proportions for the
    ///   Paired-sample Design, section 3.
    package func pValue(dropExceeding margin: Double) -> Double { score(margin, correction: -0.5, upperTail: true) }

    /// One-sided p-value of "the true drop is below `margin`", by the same test.
    package func pValue(dropBelow margin: Double) -> Double { score(margin, correction: 0.5, upperTail: false) }

    private func score(_ margin: Double, correction: Double, upperTail: Bool) -> Double {
        guard examples > 0 else { return 1 }
        let n = Double(examples)
        let b = Double(lost)
        let c = Double(gained)
        // Most likely share of gained examples, given that the shares differ by the margin.
        let linear = (2 * n - b + c) * margin - b - c
        let constant = -c * margin * (1 - margin)
        let root = max(0, linear * linear - 8 * n * constant).squareRoot()
        let share = max(0, (root - linear) / (4 * n))
        let variance = n * (2 * share + margin * (1 - margin))
        let excess = (b - c - n * margin + correction) * (upperTail ? 1 : -1)
        guard variance > 0 else { return excess > 0 ? 0 : 1 }
        return 0.5 * erfc(excess / (2 * variance).squareRoot())
    }

    /// The smallest true drop, 0 to 1, that this result does not contradict, in the sense of ``pValue(dropExceeding:)``.
    package func lowerBound(confidence: Double) -> Double {
        var low = 0.0
        var high = 1.0
        while high - low > 1e-6 {
            let middle = (low + high) / 2
            if pValue(dropExceeding: middle) < 1 - confidence { low = middle } else { high = middle }
        }
        return low
    }

    /// One-sided p-value of "the candidate is worse": the sign test on the examples answered differently.
    ///
    /// - SeeAlso: McNemar 1947, Note on the Sampling Error of the Difference Between Correlated Proportions; exact form.
    package var pValueOfAnyDrop: Double { binomialTail(atLeast: lost, of: lost + gained, probability: 0.5) }
}

extension Sequence<PairedComparison> {
    package var sum: PairedComparison { reduce(PairedComparison(lost: 0, gained: 0, examples: 0), +) }
}

/// P(X ≥ `count`) for X ~ Binomial(`trials`, `probability`), 0 < `probability` < 1.
package func binomialTail(atLeast count: Int, of trials: Int, probability: Double) -> Double {
    guard count > 0 else { return 1 }
    guard count <= trials else { return 0 }
    let n = Double(trials)
    let sum = (count...trials).reduce(0.0) { sum, successes in
        let k = Double(successes)
        let ways = lgamma(n + 1) - lgamma(k + 1) - lgamma(n - k + 1)
        return sum + exp(ways + k * log(probability) + (n - k) * log1p(-probability))
    }
    return min(1, sum)
}

/// Holm's step-down adjustment: comparing each with the level keeps the chance of any false alarm below the level.
///
/// - SeeAlso: Holm 1979, A Simple Sequentially Rejective Multiple Test Procedure.
package func holmAdjusted(_ pValues: [Double]) -> [Double] {
    var adjusted = pValues
    var highest = 0.0
    for (rank, index) in pValues.indices.sorted(by: { pValues[$0] < pValues[$1] }).enumerated() {
        highest = max(highest, min(1, pValues[index] * Double(pValues.count - rank)))
        adjusted[index] = highest
    }
    return adjusted
}
