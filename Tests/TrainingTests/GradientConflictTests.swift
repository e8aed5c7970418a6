import Adapters
import Schema
import Tensors
import Testing
import TinyBert
import Training
import Transformers

/// Gradients of several tasks; the last element belongs to the head and is no conflict.
@Suite struct GradientConflictTests {
    private func combine(
        _ treatment: Recipe.SharingOptions.Conflicts, _ gradients: [[Float]], seed: UInt64 = 0
    ) -> [Float] {
        var generator = SeededGenerator(seed: seed, stream: 0)
        return GradientConflicts(treatment, sharedCount: 2).combine(gradients, using: &generator)
    }

    @Test func `The sum is the sum`() {
        #expect(combine(.sum, [[1, 2, 3], [4, -5, 6]]) == [5, -3, 9])
    }

    @Test func `Projection takes from each gradient its part against the other, computed by hand`() {
        // g₁·g₂ = −1, ‖g₁‖² = 1, ‖g₂‖² = 2: g₁ + ½·g₂ = (½, ½), g₂ + 1·g₁ = (0, 1).
        #expect(combine(.project, [[1, 0, 1], [-1, 1, 0]]) == [0.5, 1.5, 1])
        // Those that agree, and one that is zero, stay as they are.
        #expect(combine(.project, [[1, 0, 1], [1, 1, 0]]) == [2, 1, 1])
        #expect(combine(.project, [[1, 0, 1], [0, 0, 7]]) == [1, 0, 8])
    }

    @Test func `With three tasks the order is drawn, and every outcome is one of those computed by hand`() {
        // (−1, −1) loses all to the two others. (1, 0) becomes (½, −½) against it, and (½, 0) if (0, 1) comes after;
        // (0, 1) likewise.
        let gradients: [[Float]] = [[-1, -1, 0], [1, 0, 0], [0, 1, 0]]
        let results = (0..<32 as Range<UInt64>).map { combine(.project, gradients, seed: $0) }
        #expect(Set(results) == [[0.5, 0.5, 0], [0, 0.5, 0], [0.5, 0, 0], [0, 0, 0]])
        #expect(combine(.project, gradients, seed: 3) == results[3])
    }

    @Test func `A mask leaves what all tasks agree on`() {
        #expect(combine(.mask, [[1, 2, 3], [4, -5, -6]]) == [5, 0, -3])
        #expect(combine(.mask, [[-1, 0, 0], [-1, 1, 0]]) == [-2, 0, 0])
    }

    @Test func `Parts that are summed are the batch, but for rounding`() throws {
        let encoder = try TinyBert.encoder()
        let record = try TinyBert.record()
        let adapter = try TinyBert.adapter(encoder)
        let batch = LossTerm.mean(zip(record.sequences, record.targets).map { TokenizedExample(ids: $0, label: $1) })
        func step() -> TrainingStep {
            TrainingStep(adapter: adapter, encoder: encoder, options: .init(), seed: 0, pool: WorkerPool(count: 2))
        }
        let (whole, parts) = (step(), step())
        let expected = try whole.learn(batch, learningRate: 0.01)
        let half = batch.count / 2
        let found = try parts.learn(
            [Array(batch[..<half]), Array(batch[half...])], learningRate: 0.01,
            combine: { combine(.sum, $0) })
        #expect(abs(found.loss - expected.loss) < 1e-4 && found.tokens == expected.tokens)
        #expect(abs(found.gradientNorm - expected.gradientNorm) < 1e-3 * expected.gradientNorm)
    }
}
