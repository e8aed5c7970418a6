import Adapters
import Schema
import Testing
import Training

@Suite struct ReplayMixerTests {
    private func examples(_ count: Int, label: Int = 0, from first: Int32 = 0) -> [TokenizedExample] {
        (0..<count).map { TokenizedExample(ids: [first + Int32($0)], label: label) }
    }

    @Test(arguments: [
        (0.0, [4, 4, 2], [0, 0, 0]), (1.0, [4, 4, 2], [4, 4, 2]), (0.5, [4, 4, 2], [2, 2, 1]),
        (2.0, [4, 4, 2], [8, 8, 4]),
    ])
    func `Batches hold new and replayed examples in the ratio`(ratio: Double, new: [Int], replayed: [Int]) {
        let mixer = ReplayMixer(newExamples: examples(10), batchSize: 4, ratio: ratio)
        var pool = ExemplarPool(examples(3, label: 1, from: 100), sampling: .uniform)
        var generator = SeededGenerator(seed: 0, stream: 0)
        let batches = mixer.epoch(replaying: &pool, using: &generator)
        #expect(mixer.batchesPerEpoch == 3)
        #expect(batches.map(\.newCount) == new)
        #expect(batches.map(\.replayedCount) == replayed)
        let shown = batches.flatMap { $0.examples.prefix($0.newCount) }
        #expect(Set(shown) == Set(examples(10)) && shown.count == 10)
    }

    @Test func `Without exemplars batches are new examples alone`() {
        let mixer = ReplayMixer(newExamples: examples(5), batchSize: 4, ratio: 1)
        var pool = ExemplarPool([], sampling: .stratified)
        var generator = SeededGenerator(seed: 0, stream: 0)
        #expect(mixer.epoch(replaying: &pool, using: &generator).map(\.examples.count) == [4, 1])
    }

    @Test func `The same generator composes the same batches, and each epoch others`() {
        let mixer = ReplayMixer(newExamples: examples(50), batchSize: 8, ratio: 1)
        func run(seed: UInt64) -> [[TokenizedExample]] {
            var pool = ExemplarPool(examples(20, label: 1, from: 100), sampling: .uniform)
            var generator = SeededGenerator(seed: seed, stream: 2)
            return (0..<2).flatMap { _ in
                mixer.epoch(replaying: &pool, using: &generator).map(\.examples)
            }
        }
        let first = run(seed: 1)
        #expect(first == run(seed: 1))
        #expect(first != run(seed: 2))
        #expect(first[..<7] != first[7...])
    }

    @Test func `Stratified sampling shows every label equally often, whatever it holds`() {
        var pool = ExemplarPool(
            examples(90, label: 0) + examples(9, label: 1, from: 200) + examples(1, label: 2, from: 300),
            sampling: .stratified)
        var generator = SeededGenerator(seed: 3, stream: 0)
        let counts = Dictionary(grouping: pool.draw(300, using: &generator), by: \.label).mapValues(\.count)
        #expect(counts == [0: 100, 1: 100, 2: 100])
    }

    @Test func `Uniform sampling shows every exemplar equally often`() {
        let exemplars = examples(7) + examples(3, label: 1, from: 100)
        var pool = ExemplarPool(exemplars, sampling: .uniform)
        var generator = SeededGenerator(seed: 3, stream: 0)
        let counts = Dictionary(grouping: pool.draw(50, using: &generator), by: \.self).mapValues(\.count)
        #expect(counts.count == 10)
        #expect(counts.values.allSatisfy { $0 == 5 })
    }
}
