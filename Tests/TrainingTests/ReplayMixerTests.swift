import Adapters
import Schema
import Testing
import Training

@Suite struct ReplayMixerTests {
    private func examples(_ count: Int, label: Int = 0, from first: Int32 = 0) -> [TokenizedExample] {
        (0..<count).map { TokenizedExample(ids: [first + Int32($0)], label: label) }
    }

    private func epoch(
        _ mixer: ReplayMixer, ratio: Double, _ pool: inout ExemplarPool, _ generator: inout SeededGenerator
    ) -> [ReplayMixer.Batch] {
        var mixer = mixer
        return mixer.epoch(using: &generator).map {
            mixer.batch($0, ratio: ratio, replaying: &pool, using: &generator)
        }
    }

    @Test(arguments: [
        (0.0, [4, 4, 2], [0, 0, 0]), (1.0, [4, 4, 2], [4, 4, 2]), (0.5, [4, 4, 2], [2, 2, 1]),
        (2.0, [4, 4, 2], [8, 8, 4]),
    ])
    func `Batches hold new and replayed examples in the ratio`(ratio: Double, new: [Int], replayed: [Int]) {
        let mixer = ReplayMixer(newExamples: examples(10), batchSize: 4)
        var pool = ExemplarPool(examples(3, label: 1, from: 100), sampling: .uniform)
        var generator = SeededGenerator(seed: 0, stream: 0)
        let batches = epoch(mixer, ratio: ratio, &pool, &generator)
        #expect(mixer.batchesPerEpoch == 3)
        #expect(batches.map(\.newCount) == new)
        #expect(batches.map(\.replayedCount) == replayed)
        let shown = batches.flatMap { $0.examples.prefix($0.newCount) }
        #expect(Set(shown) == Set(examples(10)) && shown.count == 10)
    }

    @Test func `Without exemplars batches are new examples alone`() {
        let mixer = ReplayMixer(newExamples: examples(5), batchSize: 4)
        var pool = ExemplarPool([], sampling: .stratified)
        var generator = SeededGenerator(seed: 0, stream: 0)
        #expect(epoch(mixer, ratio: 1, &pool, &generator).map(\.examples.count) == [4, 1])
    }

    @Test func `The same generator composes the same batches, and each epoch others`() {
        let mixer = ReplayMixer(newExamples: examples(50), batchSize: 8)
        func run(seed: UInt64) -> [[TokenizedExample]] {
            var pool = ExemplarPool(examples(20, label: 1, from: 100), sampling: .uniform)
            var generator = SeededGenerator(seed: seed, stream: 2)
            return (0..<2).flatMap { _ in
                epoch(mixer, ratio: 1, &pool, &generator).map(\.examples)
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

    @Test func `Less than one exemplar a batch is owed until it is one`() {
        var mixer = ReplayMixer(newExamples: examples(40), batchSize: 4)
        var pool = ExemplarPool(examples(3, label: 1, from: 100), sampling: .uniform)
        var generator = SeededGenerator(seed: 0, stream: 0)
        let counts = mixer.epoch(using: &generator).map {
            mixer.batch($0, ratio: 0.1, replaying: &pool, using: &generator).replayedCount
        }
        #expect(counts.reduce(0, +) == 4)
        #expect(counts.allSatisfy { $0 <= 1 })
    }

    @Test func `Loss-weighted sampling draws in proportion to the weights`() {
        let exemplars = examples(4)
        var pool = ExemplarPool(exemplars, weights: [1, 0, 2, 5])
        var generator = SeededGenerator(seed: 3, stream: 0)
        let drawn = pool.draw(8_000, using: &generator)
        let counts = exemplars.map { exemplar in Double(drawn.count { $0 == exemplar }) }
        // Four standard deviations of a binomial count are below 180.
        for (count, expected) in zip(counts, [1_000.0, 0, 2_000, 5_000]) { #expect(abs(count - expected) < 180) }
        #expect(counts[1] == 0)
        var even = ExemplarPool(exemplars, weights: [0, 0, 0, 0])
        #expect(Set(even.draw(4, using: &generator)).count == 4)
    }

    @Test func `The replayed share rises from its floor to the ratio as the tolerance is used up`() {
        let share = ReplayShare(ceiling: 1, tolerance: 0.02, newExamples: 1_000, labels: 5)
        #expect(share.ratio(forgetting: 0) == 0.01)
        #expect(share.ratio(forgetting: -0.1) == 0.01)
        #expect(abs(share.ratio(forgetting: 0.01) - 0.505) < 1e-12)
        #expect(share.ratio(forgetting: 0.02) == 1)
        #expect(share.ratio(forgetting: 0.5) == 1)
        // One exemplar a label, where that is more than 1 %; never more than the ratio.
        #expect(ReplayShare(ceiling: 1, tolerance: 0.02, newExamples: 100, labels: 30).ratio(forgetting: 0) == 0.3)
        #expect(ReplayShare(ceiling: 0.2, tolerance: 0.02, newExamples: 100, labels: 30).ratio(forgetting: 0) == 0.2)
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
