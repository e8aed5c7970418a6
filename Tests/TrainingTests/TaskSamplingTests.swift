import Adapters
import Schema
import Testing
import Training

/// How often each of several tasks is shown, and what it weighs.
@Suite struct TaskSamplingTests {
    /// Four labels of one task, one of another.
    private let heads = TaskHeads(tasks: [0, 0, 0, 0, 1], weights: [1, 3])

    private func examples(_ counts: [Int]) -> [TokenizedExample] {
        counts.enumerated().flatMap { label, count in
            (0..<count).map { TokenizedExample(ids: [Int32(label), Int32($0)], label: label) }
        }
    }

    @Test func `A task's share is its size to the power of 1 over the temperature`() {
        #expect(TaskHeads.shares([100, 4, 0], temperature: 1) == [100.0 / 104, 4.0 / 104, 0])
        #expect(TaskHeads.shares([100, 4, 0], temperature: 2) == [10.0 / 12, 2.0 / 12, 0])
        #expect(TaskHeads.shares([100, 4], temperature: 1e9).allSatisfy { abs($0 - 0.5) < 1e-6 })
        #expect(TaskHeads.shares([0, 0], temperature: 2) == [0, 0])
    }

    @Test(arguments: [(1.0, 4), (2.0, 20), (1e9, 100)])
    func `An epoch shows the largest task once and the other as often as the temperature says`(
        temperature: Double, expected: Int
    ) {
        let examples = examples([40, 30, 20, 10, 4])
        var generator = SeededGenerator(seed: 1, stream: 0)
        let epoch = heads.epoch(of: examples, temperature: temperature, using: &generator)
        let counts = Dictionary(epoch.map { ($0, 1) }, uniquingKeysWith: +)
        #expect(epoch.count { $0.label == 4 } == expected)
        #expect(examples.filter { $0.label < 4 }.allSatisfy { counts[$0] == 1 })
        // Each as often as the others of its task, or once more.
        let often = examples.filter { $0.label == 4 }.map { counts[$0] ?? 0 }
        #expect(often.allSatisfy { $0 == expected / 4 })
    }

    @Test func `What does not divide evenly is shown at random, the same for the same seed`() {
        let examples = examples([10, 0, 0, 0, 4])
        func epoch(_ seed: UInt64) -> [TokenizedExample] {
            var generator = SeededGenerator(seed: seed, stream: 0)
            return heads.epoch(of: examples, temperature: 2, using: &generator)
        }
        // 4 · √(10/4) = 6.3: each once, and two of the four again.
        #expect(epoch(1).count { $0.label == 4 } == 6)
        #expect(epoch(1) == epoch(1))
        #expect(Set((0..<20).map { epoch($0) }).count > 1)
    }

    @Test(arguments: [
        (Recipe.ReplayOptions.Sampling.stratified, 1.0, 0.2), (.stratified, 2.0, 1.0 / 3), (.uniform, 1.0, 0.1),
        (.uniform, 2.0, 0.25),
    ])
    func `Replay draws a task by its labels where sampling is stratified, else by its exemplars`(
        sampling: Recipe.ReplayOptions.Sampling, temperature: Double, expected: Double
    ) {
        // 36 exemplars of the one task, 4 of the other: a tenth, or 2 of 6 + 2.
        var pool = ExemplarPool(
            examples([9, 9, 9, 9, 4]), sampling: sampling, heads: heads, temperature: temperature)
        var generator = SeededGenerator(seed: 2, stream: 0)
        let drawn = pool.draw(1_200, using: &generator)
        let share = Double(drawn.count { $0.label == 4 }) / 1_200
        #expect(abs(share - expected) < 0.005)
        // Within a task every label has its share, and every exemplar its turn.
        let even = (1 - expected) / 4
        for label in 0..<4 {
            let share = Double(drawn.count { $0.label == label }) / 1_200
            #expect(abs(share - even) < 0.03)
        }
        #expect(Set(drawn).count == 40)
    }

    @Test func `An example weighs in the loss what its task weighs, and a batch as much as ever`() {
        let batch = examples([2, 0, 0, 0, 1])
        let input = Trainer.Input(
            parent: nil, labels: ["x/0", "x/1", "x/2", "x/3", "y/0"], newExamples: batch, heads: heads)
        let terms = Recipe().learningMethod(input).terms(.init(examples: batch, newCount: 3))
        #expect(terms.map { $0.parts[0].weight } == [0.2, 0.2, 0.6])
    }

    @Test func `Options that cannot be are refused by name`() {
        func problem(_ change: (inout Recipe) -> Void) -> String? {
            var recipe = Recipe()
            change(&recipe)
            return recipe.problem
        }
        #expect(problem { $0.sharing.lossWeights = ["mail": 2.5] } == nil)
        #expect(problem { $0.sharing.temperature = 0.5 }?.contains("sharing.temperature") == true)
        #expect(problem { $0.sharing.lossWeights = ["mail": 0] }?.contains("sharing.loss_weights.mail") == true)
        #expect(problem { $0.sharing.lossWeights = ["No Task": 1] }?.contains("No Task") == true)
    }
}
