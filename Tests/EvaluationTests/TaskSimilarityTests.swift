import Evaluation
import Testing

@Suite struct TaskSimilarityTests {
    @Test func `The measure is what the cosines say, computed by hand`() throws {
        // Within the first task the cosine is 0.6, within the second 0.8, across 1, 0.8, 0.6, 0.96: mean 0.84.
        let first = TaskSimilarity(features: [[1, 0], [0.6, 0.8]])
        let second = TaskSimilarity(features: [[1, 0], [0.8, 0.6]])
        let expected = 0.84 / (0.6 * 0.8).squareRoot()
        #expect(expected > 1)
        #expect(first.similarity(to: second) == 1)
        // Within each 0.8, across 0, 0.6, 0.6, 0.96: mean 0.54.
        let third = TaskSimilarity(features: [[0, 1], [0.6, 0.8]])
        let other = TaskSimilarity(features: [[1, 0], [0.8, 0.6]])
        let found = try #require(third.similarity(to: other))
        #expect(abs(found - 0.54 / (0.8 * 0.8).squareRoot()) < 1e-6)
        #expect(other.similarity(to: third) == found)
    }

    @Test func `Tasks without a common direction are 0 alike, opposed ones -1`() {
        let right = TaskSimilarity(features: [[1, 0], [1, 0]])
        #expect(right.similarity(to: TaskSimilarity(features: [[0, 1], [0, 1]])) == 0)
        #expect(right.similarity(to: TaskSimilarity(features: [[-1, 0], [-1, 0], [-1, 0]])) == -1)
    }

    @Test func `Fewer than two texts, or texts with nothing in common, cannot be compared`() {
        let right = TaskSimilarity(features: [[1, 0], [1, 0]])
        for features: [[Float]] in [[], [[1, 0]], [[1, 0], [0, 1]]] {
            #expect(right.similarity(to: TaskSimilarity(features: features)) == nil)
            #expect(TaskSimilarity(features: features).similarity(to: right) == nil)
        }
    }
}
