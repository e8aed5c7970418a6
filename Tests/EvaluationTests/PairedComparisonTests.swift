import Evaluation
import Foundation
import Testing

@Suite("Paired comparison")
struct PairedComparisonTests {
    @Test("counts what was lost and gained")
    func counts() {
        let result = PairedComparison(
            champion: [true, true, false, false, true], candidate: [true, false, true, false, false])
        #expect(result == PairedComparison(lost: 2, gained: 1, examples: 5))
        #expect(result.drop == 0.2)
    }

    @Test("The sign test is a fair coin's tail", arguments: [(3, 0, 0.125), (0, 3, 1), (2, 1, 0.5), (5, 1, 7.0 / 64)])
    func signTest(lost: Int, gained: Int, expected: Double) {
        let result = PairedComparison(lost: lost, gained: gained, examples: 100)
        #expect(abs(result.pValueOfAnyDrop - expected) < 1e-12)
    }

    @Test("A drop is shown to be below a margin where enough examples say so")
    func below() {
        // A hundredth lost of many, of few, and nothing at all; half a margin more is never below it.
        #expect(PairedComparison(lost: 50, gained: 0, examples: 5_000).pValue(dropBelow: 0.02) < 0.001)
        #expect(PairedComparison(lost: 1, gained: 0, examples: 100).pValue(dropBelow: 0.02) > 0.05)
        #expect(PairedComparison(lost: 0, gained: 0, examples: 1_000).pValue(dropBelow: 0.02) < 0.001)
        #expect(PairedComparison(lost: 150, gained: 0, examples: 5_000).pValue(dropBelow: 0.02) > 0.99)
        #expect(PairedComparison(lost: 0, gained: 0, examples: 0).pValue(dropBelow: 0.02) == 1)
    }

    @Test("The score statistic is what its formula gives by hand")
    func scoreTest() {
        // lost 10, gained 2 of 100, margin .02: linear = (200 − 10 + 2)·.02 − 12 = −8.16, constant = −.0392,
        // share = (8.16 + √(8.16² + 8·100·.0392)) / 400 = .04269…, variance = 100·(2·share + .0196).
        let share = (8.16 + (8.16 * 8.16 + 31.36).squareRoot()) / 400
        let z = (10.0 - 2 - 2 - 0.5) / (100 * (2 * share + 0.0196)).squareRoot()
        let result = PairedComparison(lost: 10, gained: 2, examples: 100)
        #expect(abs(result.pValue(dropExceeding: 0.02) - 0.5 * erfc(z / 2.0.squareRoot())) < 1e-12)
    }

    @Test("Its error rate, over all outcomes, stays near or below the level", arguments: [5, 12, 30, 75, 150, 300])
    func errorRate(examples: Int) {
        let margin = 0.02
        var rejected: [(lost: Int, gained: Int)] = []
        for lost in 0...examples {
            for gained in 0...(examples - lost) {
                let result = PairedComparison(lost: lost, gained: gained, examples: examples)
                if result.pValue(dropExceeding: margin) < 0.05 { rejected.append((lost, gained)) }
            }
        }
        for gain in [0.002, 0.01, 0.03, 0.1, 0.3] {
            let rate = rejected.reduce(0.0) { sum, outcome in
                let equal = examples - outcome.lost - outcome.gained
                return sum
                    + trinomial([outcome.lost, outcome.gained, equal], [gain + margin, gain, 1 - margin - 2 * gain])
            }
            #expect(rate < 0.054, "\(examples) examples, \(gain) gained")
        }
    }

    @Test("The lower bound is where the test turns", arguments: [(20, 3, 200), (9, 0, 40), (60, 20, 400)])
    func lowerBound(lost: Int, gained: Int, examples: Int) {
        let result = PairedComparison(lost: lost, gained: gained, examples: examples)
        let bound = result.lowerBound(confidence: 0.95)
        #expect(bound > 0 && bound < result.drop)
        #expect(abs(result.pValue(dropExceeding: bound) - 0.05) < 1e-3)
    }

    @Test("Identical answers, or none, prove no drop")
    func identical() {
        #expect(PairedComparison(lost: 0, gained: 0, examples: 1_000).pValue(dropExceeding: 0) == 1)
        #expect(PairedComparison(lost: 0, gained: 0, examples: 1_000).pValue(dropExceeding: 0.02) > 0.99)
        #expect(PairedComparison(lost: 0, gained: 0, examples: 0).pValue(dropExceeding: 0.02) == 1)
    }

    @Test(
        "Binomial tails add up",
        arguments: [(0, 4, 0.3, 1.0), (4, 4, 0.5, 0.0625), (1, 2, 0.25, 0.4375), (5, 4, 0.5, 0)])
    func binomial(count: Int, trials: Int, probability: Double, expected: Double) {
        #expect(abs(binomialTail(atLeast: count, of: trials, probability: probability) - expected) < 1e-12)
    }

    @Test("Holm multiplies the smallest by all, the next by one less, and keeps the order")
    func holm() {
        let adjusted = holmAdjusted([0.03, 0.01, 0.02, 0.9])
        for (value, expected) in zip(adjusted, [0.06, 0.04, 0.06, 0.9]) { #expect(abs(value - expected) < 1e-12) }
        #expect(holmAdjusted([]) == [])
    }

    /// Probability of exactly these counts.
    private func trinomial(_ counts: [Int], _ probabilities: [Double]) -> Double {
        var logarithm: Double = lgamma(Double(counts.reduce(0, +)) + 1)
        for (count, probability) in zip(counts, probabilities) {
            let orders: Double = lgamma(Double(count) + 1)
            logarithm += Double(count) * log(probability) - orders
        }
        return exp(logarithm)
    }
}
