import Adapters
import Schema
import Testing
import TinyBert
import Training
import Transformers

@Suite struct TrainerTests {
    let encoder: any TextEncoder

    init() throws { encoder = try TinyBert.encoder() }

    private let recipe = TinyBert.recipe

    /// Texts of a label share most of their tokens.
    private func examples(_ labels: Range<Int>, count: Int, seed: UInt64) -> [TokenizedExample] {
        var generator = SeededGenerator(seed: seed, stream: 9)
        return labels.flatMap { label in
            (0..<count).map { _ in
                let ids = (0..<8).map { _ in
                    Int.random(in: 0..<4, using: &generator) == 0
                        ? Int32.random(in: 0..<64, using: &generator)
                        : Int32(label * 8) + Int32.random(in: 0..<8, using: &generator)
                }
                return TokenizedExample(ids: ids, label: label)
            }
        }
    }

    private func parameters(_ adapter: ClassifierAdapter) -> [Float] { adapter.parameters[0..<adapter.layout.count] }

    @Test func `It learns to tell labels apart`() throws {
        let trainer = try Trainer(encoder: encoder, recipe: recipe)
        let outcome = try trainer.run(
            .init(parent: nil, labels: ["a", "b", "c"], newExamples: examples(0..<3, count: 40, seed: 1)))
        #expect(trainer.score(outcome.adapter, on: examples(0..<3, count: 30, seed: 2)).accuracy > 0.85)
        #expect(outcome.losses.count == 4)
        #expect(try #require(outcome.losses.last) < outcome.losses[0])
        #expect(outcome.steps == 60)
        #expect(outcome.newExamples == 480)
        #expect(outcome.replayedExamples == 0)
        #expect(outcome.tokens == 480 * 8)
    }

    @Test(arguments: [0.04, 1.0])
    func `Of interfered exemplars those count that were learned, however few are asked for`(ratio: Double) throws {
        var recipe = recipe
        recipe.replay.sampling = .interfered
        recipe.replay.ratio = ratio
        let trainer = try Trainer(encoder: encoder, recipe: recipe)
        let old = examples(0..<2, count: 40, seed: 1)
        let parent = try trainer.run(.init(parent: nil, labels: ["a", "b"], newExamples: old)).adapter
        let outcome = try trainer.run(
            .init(
                parent: parent, labels: ["a", "b", "c"], newExamples: examples(2..<3, count: 80, seed: 3),
                exemplars: ExemplarPool(old, sampling: .interfered)))
        let wanted = Int(Double(outcome.newExamples) * ratio)
        #expect(abs(outcome.replayedExamples - wanted) <= 1)
        #expect(outcome.rehearsals.reduce(0, +) == outcome.replayedExamples)
        #expect(outcome.rehearsals.allSatisfy { $0 >= 0 })
    }

    @Test func `Replay keeps old labels that plain fine-tuning forgets`() throws {
        let trainer = try Trainer(encoder: encoder, recipe: recipe)
        let old = examples(0..<3, count: 40, seed: 1)
        let oldTest = examples(0..<3, count: 40, seed: 2)
        let new = examples(3..<6, count: 40, seed: 3)
        let labels = ["a", "b", "c", "d", "e", "f"]
        let parent = try trainer.run(.init(parent: nil, labels: Array(labels[..<3]), newExamples: old)).adapter
        let naive = try trainer.run(.init(parent: parent, labels: labels, newExamples: new))
        let replayed = try trainer.run(
            .init(
                parent: parent, labels: labels, newExamples: new,
                exemplars: ExemplarPool(old, sampling: .stratified)))
        #expect(replayed.replayedExamples == replayed.newExamples)
        #expect(replayed.rehearsals.reduce(0, +) == replayed.replayedExamples)
        let forgotten = trainer.score(naive.adapter, on: oldTest).accuracy
        let kept = trainer.score(replayed.adapter, on: oldTest).accuracy
        #expect(kept > forgotten + 0.2)
        #expect(kept > 0.6)
        #expect(trainer.score(replayed.adapter, on: examples(3..<6, count: 30, seed: 4)).accuracy > 0.5)
    }

    @Test func `The same input gives the same bits, another seed others`() throws {
        func run(seed: UInt64) throws -> [Float] {
            var recipe = recipe
            recipe.seed = seed
            recipe.optimization.epochs = 1
            recipe.adapter.dropout = 0.1
            let trainer = try Trainer(encoder: encoder, recipe: recipe)
            return parameters(
                try trainer.run(
                    .init(
                        parent: nil, labels: ["a", "b"], newExamples: examples(0..<2, count: 20, seed: 1),
                        exemplars: ExemplarPool(examples(0..<2, count: 5, seed: 2), sampling: .uniform))
                ).adapter)
        }
        #expect(try run(seed: 1) == run(seed: 1))
        #expect(try run(seed: 1) != run(seed: 2))
    }

    @Test func `Early stopping keeps the best epoch on held-out examples`() throws {
        var recipe = recipe
        recipe.optimization.epochs = 40
        recipe.optimization.patience = 1
        let trainer = try Trainer(encoder: encoder, recipe: recipe)
        let heldOut = examples(0..<3, count: 20, seed: 2)
        let outcome = try trainer.run(
            .init(
                parent: nil, labels: ["a", "b", "c"], newExamples: examples(0..<3, count: 20, seed: 1),
                heldOut: heldOut))
        #expect(outcome.stoppedEarly)
        #expect(outcome.heldOut.count == outcome.epoch + 1)
        #expect(outcome.heldOut.max() == outcome.heldOut[outcome.epoch - 1])
        #expect(trainer.score(outcome.adapter, on: heldOut) == outcome.heldOut[outcome.epoch - 1])
    }

    @Test func `A run that diverges fails with its step`() throws {
        var recipe = recipe
        recipe.optimization.learningRate = 1e6
        let trainer = try Trainer(encoder: encoder, recipe: recipe)
        #expect {
            try trainer.run(
                .init(parent: nil, labels: ["a", "b", "c"], newExamples: examples(0..<3, count: 40, seed: 1)))
        } throws: { error in
            if case TrainingError.diverged(let step, _, _) = error { step > 1 } else { false }
        }
    }

    @Test func `Progress counts every step, and cancelling ends the run`() throws {
        let trainer = try Trainer(encoder: encoder, recipe: recipe)
        let input = Trainer.Input(
            parent: nil, labels: ["a", "b", "c"], newExamples: examples(0..<3, count: 10, seed: 1))
        var seen: [Int] = []
        _ = try trainer.run(input) { progress in
            seen.append(progress.step)
            #expect(progress.steps == 16 && progress.epochs == 4)
            return true
        }
        #expect(seen == Array(1...16))
        #expect(throws: TrainingError.cancelled(step: 5)) { try trainer.run(input) { $0.step < 5 } }
    }

    @Test func `Input that cannot be learned is named before anything is learned`() throws {
        let trainer = try Trainer(encoder: encoder, recipe: recipe)
        func run(_ examples: [TokenizedExample]) throws {
            _ = try trainer.run(.init(parent: nil, labels: ["a"], newExamples: examples))
        }
        #expect(throws: TrainingError.noExamples) { try run([]) }
        #expect(throws: TrainingError.unknownLabel(index: 1, labels: 1)) { try run([.init(ids: [1], label: 1)]) }
        #expect(throws: TrainingError.emptyText(position: 0)) { try run([.init(ids: [], label: 0)]) }
        #expect(throws: TrainingError.textTooLong(position: 0, tokens: 17, maximum: 16)) {
            try run([.init(ids: Array(repeating: 1, count: 17), label: 0)])
        }
    }

    @Test(arguments: [Recipe.ReplayOptions.Sampling.lossWeighted, .interfered])
    func `Chosen exemplars keep old labels too, the same way each time`(
        sampling: Recipe.ReplayOptions.Sampling
    ) throws {
        var recipe = recipe
        recipe.replay.sampling = sampling
        let trainer = try Trainer(encoder: encoder, recipe: recipe)
        let old = examples(0..<3, count: 40, seed: 1)
        let labels = ["a", "b", "c", "d", "e", "f"]
        let parent = try trainer.run(.init(parent: nil, labels: Array(labels[..<3]), newExamples: old)).adapter
        let input = Trainer.Input(
            parent: parent, labels: labels, newExamples: examples(3..<6, count: 40, seed: 3),
            exemplars: ExemplarPool(old, sampling: sampling))
        let outcome = try trainer.run(input)
        #expect(outcome.replayedExamples == outcome.newExamples)
        var naive = input
        naive.exemplars = ExemplarPool([], sampling: .uniform)
        let test = examples(0..<3, count: 40, seed: 2)
        let forgotten = trainer.score(try trainer.run(naive).adapter, on: test).accuracy
        #expect(trainer.score(outcome.adapter, on: test).accuracy > forgotten + 0.15)
        #expect(try parameters(trainer.run(input).adapter) == parameters(outcome.adapter))
    }

    @Test func `Dropout is the recipe's, whatever the adapter was trained with before`() throws {
        let labels = ["a", "b", "c"]
        let first = examples(0..<3, count: 20, seed: 1)
        let parent = try Trainer(encoder: encoder, recipe: recipe)
            .run(.init(parent: nil, labels: labels, newExamples: first)).adapter
        func trained(_ dropout: Double) throws -> ClassifierAdapter {
            var recipe = recipe
            recipe.adapter.dropout = dropout
            let input = Trainer.Input(parent: parent, labels: labels, newExamples: examples(0..<3, count: 20, seed: 2))
            return try Trainer(encoder: encoder, recipe: recipe).run(input).adapter
        }
        let (plain, dropped) = (try trained(0), try trained(0.5))
        #expect(plain.options.dropout == 0 && dropped.options.dropout == 0.5)
        let count = plain.layout.count
        #expect(plain.parameters[0..<count] != dropped.parameters[0..<count])
        #expect(try trained(0.5).parameters[0..<count] == dropped.parameters[0..<count])
    }

    @Test func `An adaptive share replays little while nothing is forgotten, and more when it is`() throws {
        var recipe = recipe
        recipe.replay.adaptive = true
        recipe.gate.tolerance = 0.2
        recipe.optimization.imprint = false
        recipe.optimization.learningRate = 0.005
        let trainer = try Trainer(encoder: encoder, recipe: recipe)
        let old = examples(0..<2, count: 40, seed: 1)
        let probe = examples(0..<2, count: 30, seed: 2)
        let parent = try trainer.run(.init(parent: nil, labels: ["a", "b"], newExamples: old)).adapter
        func replayed(_ labels: [String], _ new: [TokenizedExample]) throws -> Double {
            let outcome = try trainer.run(
                .init(
                    parent: parent, labels: labels, newExamples: new,
                    exemplars: ExemplarPool(old, sampling: .stratified), probe: probe))
            return Double(outcome.replayedExamples) / Double(outcome.newExamples)
        }
        // More of the same: next to nothing is lost. The old texts under other labels: everything is.
        let same = try replayed(["a", "b"], examples(0..<2, count: 40, seed: 4))
        let relabelled = examples(0..<2, count: 40, seed: 4).map {
            TokenizedExample(ids: $0.ids, label: $0.label + 2)
        }
        let changed = try replayed(["a", "b", "c", "d"], relabelled)
        #expect(same < 0.3)
        #expect(changed > same + 0.2)
    }

    @Test func `A recipe that cannot be used is refused with what is wrong`() throws {
        var recipe = recipe
        recipe.optimization.beta2 = 1
        let changed = recipe
        #expect(throws: TrainingError.invalidRecipe("optimization.beta2 must be 0 up to 1, not 1.0")) {
            try Trainer(encoder: encoder, recipe: changed)
        }
    }
}
