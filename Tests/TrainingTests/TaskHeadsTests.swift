import Adapters
import Schema
import Tensors
import Testing
import TinyBert
import Training
import Transformers

/// Several tasks in one adapter.
@Suite struct TaskHeadsTests {
    let encoder: any TextEncoder
    /// Labels 0 and 2 are the first task's, 1 and 3 the second's.
    let heads = TaskHeads(tasks: [0, 1, 0, 1], weights: [1, 1])
    let labels = ["x/a", "y/a", "x/b", "y/b"]

    init() throws { encoder = try TinyBert.encoder() }

    private var recipe: Recipe {
        var recipe = Recipe()
        recipe.adapter = TinyBert.options
        recipe.optimization.epochs = 12
        recipe.optimization.imprint = false
        recipe.optimization.batchSize = 8
        recipe.optimization.learningRate = 0.02
        recipe.optimization.minimumSteps = 0
        return recipe
    }

    /// Texts whose tokens tell the label within each task; both tasks use the same tokens.
    private func examples(_ labels: [Int], seed: UInt64) -> [TokenizedExample] {
        var generator = SeededGenerator(seed: seed, stream: 9)
        return labels.flatMap { label in
            (0..<24).map { _ in
                TokenizedExample(
                    ids: (0..<8).map { _ in Int32(label / 2 * 8) + Int32.random(in: 0..<8, using: &generator) },
                    label: label)
            }
        }
    }

    private func input(
        _ new: [TokenizedExample], parent: ClassifierAdapter? = nil, replaying old: [TokenizedExample] = []
    ) -> Trainer.Input {
        Trainer.Input(
            parent: parent, labels: labels, newExamples: new,
            exemplars: ExemplarPool(old, sampling: .stratified), heads: heads)
    }

    @Test func `An example chooses among its own task's labels`() throws {
        let example = TokenizedExample(ids: [1], label: 2)
        #expect(heads.masked([1, 2, 3, 4], for: example) == [1, -.infinity, 3, -.infinity])
        let terms = recipe.learningMethod(input([example])).terms(.init(examples: [example], newCount: 1))
        let (loss, gradient) = try #require(terms.first?.parts.first).loss.evaluate([1, 9, 1, 9], label: 2)
        // Two labels that are alike but for what makes up for the one that never comes.
        #expect(loss < 0.01 && loss > 0)
        #expect(gradient[1] == 0 && gradient[3] == 0)
        #expect(abs(gradient[0] + gradient[2]) < 1e-6)
    }

    @Test func `What makes up for labels shown more often is reckoned within each task`() {
        // A flood for the other task changes nothing about the choice between this one's labels.
        let mine = examples([0], seed: 1)
        let pool = ExemplarPool(examples([0, 1, 2, 3], seed: 2), sampling: .stratified)
        func difference(_ new: [TokenizedExample], ratio: Double) -> Double {
            let input = Trainer.Input(parent: nil, labels: labels, newExamples: new, exemplars: pool, heads: heads)
            let batch = ReplayMixer.Batch(examples: [mine[0]], newCount: 1, ratio: ratio)
            let part = recipe.learningMethod(input).terms(batch).first?.parts.first
            return part.map { $0.loss.evaluate([0, 0, 0, 0], label: 0).loss } ?? .nan
        }
        // Twice as many new examples with half the ratio replay as much of this task.
        let alone = difference(mine, ratio: 1)
        let flooded = difference(mine + examples([1], seed: 3), ratio: 0.5)
        #expect(alone.isFinite && abs(alone - flooded) < 1e-6)
    }

    @Test func `Two tasks learn in one adapter, and one is kept while the other learns`() throws {
        let trainer = try Trainer(encoder: encoder, recipe: recipe)
        let both = try trainer.run(input(examples([0, 1, 2, 3], seed: 1))).adapter
        func accuracy(_ adapter: ClassifierAdapter, _ labels: [Int]) -> Double {
            trainer.score(adapter, on: examples(labels, seed: 5), heads: heads).accuracy
        }
        #expect(accuracy(both, [0, 2]) > 0.9 && accuracy(both, [1, 3]) > 0.9)
        let next = try trainer.run(
            input(examples([1, 3], seed: 6), parent: both, replaying: examples([0, 2], seed: 1))
        ).adapter
        #expect(accuracy(next, [0, 2]) > 0.9 && accuracy(next, [1, 3]) > 0.9)
    }

    @Test func `Without replay, rows of a task that is not learned keep their bits`() throws {
        let trainer = try Trainer(encoder: encoder, recipe: recipe)
        let both = try trainer.run(input(examples([0, 1, 2, 3], seed: 1))).adapter
        let next = try trainer.run(input(examples([1, 3], seed: 6), parent: both)).adapter
        func rows(_ adapter: ClassifierAdapter, _ label: Int) -> [Float] {
            let width = adapter.layout.featureWidth
            return Array(adapter.headWeight.values[label * width..<(label + 1) * width])
        }
        #expect(rows(next, 0) == rows(both, 0) && rows(next, 2) == rows(both, 2))
        #expect(rows(next, 1) != rows(both, 1))
    }

    @Test func `The least number of steps is meant for each task that has something new`() throws {
        var recipe = recipe
        recipe.optimization.epochs = 1
        recipe.optimization.minimumSteps = 12
        recipe.optimization.patience = 0
        let trainer = try Trainer(encoder: encoder, recipe: recipe)
        // 6 and 12 batches an epoch.
        #expect(try trainer.run(input(examples([0, 2], seed: 1))).steps == 12)
        #expect(try trainer.run(input(examples([0, 1, 2, 3], seed: 1))).steps == 24)
    }

    @Test(arguments: [Recipe.Method.asymmetricReplay, .darkReplay, .elasticWeights, .orthogonalLowRank])
    func `A method that cannot keep tasks apart is refused by name`(method: Recipe.Method) throws {
        var recipe = recipe
        recipe.method = method
        recipe.optimization.logitAdjustment = 0
        recipe.replay.ratio = method.needsReplay ? 1 : 0
        let trainer = try Trainer(encoder: encoder, recipe: recipe)
        let problem = try #require(recipe.sharingProblem)
        #expect(problem.contains(method.rawValue))
        #expect(throws: TrainingError.invalidRecipe(problem)) { _ = try trainer.run(input(examples([0], seed: 1))) }
    }
}
