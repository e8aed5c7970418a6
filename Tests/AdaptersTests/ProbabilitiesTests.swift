import Adapters
import Testing

@Suite struct ProbabilitiesTests {
    @Test func `Softmax of logarithms gives back the shares`() {
        let values = probabilities([0, 0.693_147_2, 1.098_612_3])
        for (value, expected) in zip(values, [1.0 / 6, 2.0 / 6, 3.0 / 6] as [Float]) {
            #expect(abs(value - expected) < 1e-6)
        }
    }

    @Test(arguments: [-1e30, -1_000, 0, 1_000, 1e30] as [Float])
    func `Softmax neither overflows nor underflows for equal logits`(logit: Float) {
        #expect(probabilities([logit, logit]) == [0.5, 0.5])
    }

    @Test func `No logits have no probabilities`() {
        #expect(probabilities([]).isEmpty)
        #expect(topLabels([], count: 3).isEmpty)
    }

    @Test func `The best labels come first, equal scores in label order`() {
        let scores: [Float] = [0.1, 0.3, 0.2, 0.3, 0.1]
        #expect(topLabels(scores, count: 1) == [RankedLabel(index: 1, score: 0.3)])
        #expect(topLabels(scores, count: 4).map(\.index) == [1, 3, 2, 0])
        #expect(topLabels(scores, count: 9).map(\.index) == [1, 3, 2, 0, 4])
        #expect(topLabels(scores, count: 0).isEmpty)
    }
}
