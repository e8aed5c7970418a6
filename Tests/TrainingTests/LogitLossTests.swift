import Foundation
import Testing
import Training

@Suite struct LogitLossTests {
    private static let teacher: [Float] = [0.4, -1.2, 2]
    private static let losses: [LogitLoss] = [
        .crossEntropy(offsets: []), .crossEntropy(offsets: [0.3, -2, 0, 1, 0.5]),
        .crossEntropy(offsets: [-.infinity, 0, 0, -.infinity, 0]), .matching(teacher), .matching([1, 0, -1, 2, 0.5]),
        .distilling(teacher, temperature: 2), .distilling(teacher, temperature: 0.7),
    ]

    @Test(arguments: losses)
    func `Gradients equal central differences`(loss: LogitLoss) {
        let logits: [Float] = [0.2, -0.7, 1.5, 0.1, -0.4]
        let gradient = loss.evaluate(logits, label: 2).gradient
        let step: Float = 1e-2
        for index in logits.indices {
            var (above, below) = (logits, logits)
            above[index] += step
            below[index] -= step
            let slope = (loss.evaluate(above, label: 2).loss - loss.evaluate(below, label: 2).loss) / Double(2 * step)
            let found = index < gradient.count ? Double(gradient[index]) : 0
            #expect(abs(found - slope) < 1e-3, "logit \(index)")
        }
    }

    @Test func `Cross-entropy of two even logits is ln 2`() {
        let (loss, gradient) = LogitLoss.crossEntropy(offsets: []).evaluate([3, 3], label: 1)
        #expect(abs(loss - log(2)) < 1e-6)
        #expect(gradient == [0.5, -0.5])
    }

    @Test func `A label that is taken out of the choice has no gradient`() {
        let loss = LogitLoss.crossEntropy(offsets: [-.infinity, 0, 0])
        let (value, gradient) = loss.evaluate([100, 0, 0], label: 2)
        #expect(abs(value - log(2)) < 1e-6)
        #expect(gradient == [0, 0.5, -0.5])
    }

    @Test func `Matching compares the labels of its time only`() {
        let (loss, gradient) = LogitLoss.matching([1, 2]).evaluate([2, 4, 100], label: 2)
        #expect(loss == 2.5)  // (1² + 2²) / 2
        #expect(gradient == [1, 2])
        #expect(LogitLoss.matching([]).evaluate([2, 4], label: 0).loss == 0)
    }

    @Test func `Distilling what is answered already has no gradient`() {
        let (loss, gradient) = LogitLoss.distilling([1, 1], temperature: 2).evaluate([5, 5, -3], label: 0)
        #expect(abs(loss - log(2)) < 1e-6)
        #expect(gradient == [0, 0])
    }

    @Test func `The loss of extreme logits stays finite, and of no numbers is no number`() {
        let loss = LogitLoss.crossEntropy(offsets: [])
        #expect(loss.evaluate([1_000, 0], label: 1).loss == 1_000)
        #expect(loss.evaluate([.nan, 0], label: 1).loss.isNaN)
    }

    @Test(arguments: [[], [2.5], [-3, 0.25, 7, 1e-3, 6.999], [1, 1, 1]] as [[Float]])
    func `Stored logits come back within half a step`(logits: [Float]) {
        let decoded = StoredLogits.decode(StoredLogits.encode(logits))
        #expect(decoded.count == logits.count)
        let range = (logits.max() ?? 0) - (logits.min() ?? 0)
        for (value, expected) in zip(decoded, logits) { #expect(abs(value - expected) <= range / 509) }
    }

    @Test func `Bytes that no logits gave are none`() {
        #expect(StoredLogits.decode([]) == [])
        #expect(StoredLogits.decode([1, 2, 3]) == [])
        #expect(StoredLogits.decode([0, 0, 0xC0, 0x7F, 0, 0, 0, 0, 1]) == [])
    }
}
