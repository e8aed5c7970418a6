import Foundation

/// Accuracy of answers each given before its label was learned, over a sliding window.
///
/// - SeeAlso: Gama, Sebastião and Rodrigues 2013, On Evaluating Stream Learning Algorithms, section 3.
package struct PrequentialAccuracy: Sendable, Hashable, Codable {
    package let window: Int
    private var answers: [Bool] = []
    private var next = 0
    package private(set) var correct = 0
    /// Answers ever taken.
    package private(set) var total = 0

    package init(window: Int) {
        precondition(window > 0, "a window holds at least one answer")
        self.window = window
    }

    package var count: Int { answers.count }
    /// `nil` before the first answer.
    package var accuracy: Double? { answers.isEmpty ? nil : Double(correct) / Double(answers.count) }

    package mutating func add(_ isCorrect: Bool) {
        total += 1
        if isCorrect { correct += 1 }
        guard answers.count == window else { return answers.append(isCorrect) }
        if answers[next] { correct -= 1 }
        answers[next] = isCorrect
        next = (next + 1) % window
    }

    /// One-sided p-value of "this accuracy is lower than one that was `referenceCorrect` of `referenceTotal`": the
    /// exact hypergeometric test.
    ///
    /// - SeeAlso: Fisher 1935; SciPy's `fisher_exact` with `alternative="less"`.
    package func pValueOfDrop(referenceCorrect: Int, referenceTotal: Int) -> Double {
        let right = referenceCorrect + correct
        let all = referenceTotal + count
        let normalizer = Self.logChoose(all, count)
        let fewest = max(0, count - (all - right))
        var sum = 0.0
        for hits in stride(from: fewest, through: correct, by: 1) {
            let ways = Self.logChoose(right, hits) + Self.logChoose(all - right, count - hits)
            sum += exp(ways - normalizer)
        }
        return min(1, sum)
    }

    private static func logChoose(_ n: Int, _ k: Int) -> Double {
        lgamma(Double(n) + 1) - lgamma(Double(k) + 1) - lgamma(Double(n - k) + 1)
    }
}
