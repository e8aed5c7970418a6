import Adapters
import Schema
import Tensors
import Testing
import TinyBert
import Transformers

import Training

@Suite struct LearningMethodTests {
    private let new = [TokenizedExample(ids: [1], label: 2), TokenizedExample(ids: [2], label: 3)]
    private let old = [
        TokenizedExample(ids: [3], label: 0, logits: [1, 2]), TokenizedExample(ids: [4], label: 1, logits: [3, 4]),
    ]
    private var batch: ReplayMixer.Batch { ReplayMixer.Batch(examples: new + old, newCount: 2) }

    private func method(
        _ name: Recipe.Method, exemplars: [TokenizedExample] = [], _ change: (inout Recipe) -> Void = { _ in }
    ) -> any LearningMethod {
        var recipe = Recipe()
        recipe.method = name
        recipe.optimization.logitAdjustment = 0
        recipe.methodOptions.strength = 0.5
        recipe.methodOptions.labelStrength = 2
        change(&recipe)
        return recipe.learningMethod(
            Trainer.Input(
                parent: nil, labels: ["a", "b", "c", "d"], newExamples: new,
                exemplars: ExemplarPool(exemplars, sampling: .uniform)))
    }

    @Test(arguments: [Recipe.Method.naive, .replay, .greedyMemory, .joint])
    func `Replay weighs new and replayed examples alike`(name: Recipe.Method) {
        #expect(method(name).terms(batch) == LossTerm.mean(new + old))
        #expect(!method(name).correctsGradients)
    }

    @Test func `ER-ACE lets new examples choose among their batch's labels`() {
        let among = LogitLoss.crossEntropy(offsets: [-.infinity, -.infinity, 0, 0])
        let masked = new.map { LossTerm($0, among, weight: 0.5) }
        let remembering = method(.asymmetricReplay, exemplars: old)
        #expect(remembering.terms(batch) == masked + LossTerm.mean(old))
        // Also where a batch happens to replay nothing; without a memory there is nothing to spare.
        let alone = ReplayMixer.Batch(examples: new, newCount: 2)
        #expect(remembering.terms(alone) == masked)
        #expect(method(.asymmetricReplay).terms(alone) == LossTerm.mean(new))
        let forgetting = method(.asymmetricReplay, exemplars: old) { $0.replay.ratio = 0 }
        #expect(forgetting.terms(alone) == LossTerm.mean(new))
    }

    @Test func `DER++ matches one half's logits and learns the other half's labels`() {
        let terms = method(.darkReplay).terms(batch)
        #expect(
            terms == LossTerm.mean(new) + [
                LossTerm(old[0], .matching([1, 2]), weight: 0.5),
                LossTerm(old[1], .crossEntropy(offsets: []), weight: 2),
            ])
    }

    @Test func `LwF adds the champion's answers to new examples and replays nothing`() {
        var answered = new
        answered[0].logits = [1, 2]
        answered[1].logits = [3, 4]
        let terms = method(.withoutForgetting).terms(ReplayMixer.Batch(examples: answered, newCount: 2))
        #expect(terms.map(\.example) == answered)
        #expect(terms[1].parts.map(\.weight) == [0.5, 0.25])
        #expect(terms[1].parts[1].loss == .distilling([3, 4], temperature: 2))
    }

    @Test func `A-GEM takes away what opposes the reference gradient, and nothing else`() {
        var opposed: [Float] = [1, -1, 2]
        AveragedGradientMemory.project(&opposed, against: [0, 2, 0])
        #expect(opposed == [1, 0, 2])
        var slanted: [Float] = [1, -2]
        AveragedGradientMemory.project(&slanted, against: [1, 1])  // product −1, norm 2
        #expect(slanted == [1.5, -1.5])
        var agreeing: [Float] = [1, 1]
        AveragedGradientMemory.project(&agreeing, against: [2, 0])
        #expect(agreeing == [1, 1])
        AveragedGradientMemory.project(&agreeing, against: [0, 0])
        #expect(agreeing == [1, 1])
    }

    @Test func `EWC pulls back by information times distance`() {
        var gradients: [Float] = [1, 1, 1]
        ElasticWeightConsolidation.addPenalty(
            to: &gradients, at: [3, 3, 3], anchor: [1, 3, 3], fisher: [2, 5, 0], strength: 0.5)
        #expect(gradients == [3, 1, 1])
    }

    @Test func `The penalties' gradients equal central differences`() {
        let anchor: [Float] = [0.5, -1, 2]
        let fisher: [Float] = [1, 0.25, 3]
        let a: [Float] = [0.3, -0.2, 0.9, 1, 0.5, 0.7, -0.4, 0.2, 0.6, -0.8]  // rows of width 2, three of them frozen
        func elastic(_ x: [Float]) -> Double {
            zip(x, zip(anchor, fisher)).reduce(0) {
                $0 + 0.35 * Double($1.1.1) * Double(($1.0 - $1.1.0) * ($1.0 - $1.1.0))
            }
        }
        func overlap(_ x: [Float]) -> Double {
            var sum = 0.0
            for new in 3..<5 {
                for old in 0..<3 {
                    let product = Double(x[2 * new] * x[2 * old] + x[2 * new + 1] * x[2 * old + 1])
                    sum += 0.7 * product * product
                }
            }
            return sum
        }
        func check(_ x: [Float], _ gradient: [Float], _ range: Range<Int>, _ objective: ([Float]) -> Double) {
            for index in range {
                var (above, below) = (x, x)
                above[index] += 1e-2
                below[index] -= 1e-2
                #expect(abs(Double(gradient[index]) - (objective(above) - objective(below)) / 2e-2) < 1e-3)
            }
        }
        let x: [Float] = [0.1, 0.4, -0.3]
        var gradients = [Float](repeating: 0, count: 3)
        ElasticWeightConsolidation.addPenalty(to: &gradients, at: x, anchor: anchor, fisher: fisher, strength: 0.7)
        check(x, gradients, 0..<3, elastic)
        var slopes = [Float](repeating: 1, count: a.count)
        for index in 6..<10 { slopes[index] = 0 }
        OrthogonalLowRank.addPenalty(to: &slopes, at: a, a: 0..<10, width: 2, frozen: 3, strength: 0.7)
        #expect(slopes[..<6].allSatisfy { $0 == 0 })
        check(a, slopes, 6..<10, overlap)
    }
}

/// Whole updates of the small model.
@Suite struct LearningMethodRunTests {
    let encoder: any TextEncoder

    init() throws { encoder = try TinyBert.encoder() }

    private func recipe(_ method: Recipe.Method) -> Recipe {
        var recipe = Recipe()
        recipe.method = method
        recipe.adapter = TinyBert.options
        recipe.optimization.imprint = false
        recipe.optimization.batchSize = 8
        // At 0.02 some methods end anywhere, as rounding, and so the processor, will have it.
        recipe.optimization.epochs = 20
        recipe.optimization.learningRate = 0.005
        recipe.optimization.minimumSteps = 0
        recipe.optimization.logitAdjustment = 0
        recipe.methodOptions.strength = 0.1
        recipe.replay.ratio = method.ignoresReplay ? 0 : 1
        return recipe
    }

    private func examples(_ labels: Range<Int>, seed: UInt64) -> [TokenizedExample] {
        var generator = SeededGenerator(seed: seed, stream: 9)
        return labels.flatMap { label in
            (0..<24).map { _ in
                TokenizedExample(
                    ids: (0..<8).map { _ in Int32(label * 8) + Int32.random(in: 0..<8, using: &generator) },
                    label: label)
            }
        }
    }

    private func update(
        _ recipe: Recipe, from parent: ClassifierAdapter?, _ labels: Range<Int>, replaying old: [TokenizedExample] = []
    ) throws -> ClassifierAdapter {
        let names = (0..<labels.upperBound).map { "label \($0)" }
        let pool =
            recipe.replay.ratio > 0 ? ExemplarPool(old, sampling: .uniform) : ExemplarPool([], sampling: .uniform)
        return try Trainer(encoder: encoder, recipe: recipe).run(
            .init(parent: parent, labels: names, newExamples: examples(labels, seed: 3), exemplars: pool)
        ).adapter
    }

    private func values(_ adapter: ClassifierAdapter) -> [Float] { adapter.parameters[0..<adapter.layout.count] }

    @Test(arguments: Recipe.Method.allCases)
    func `Two updates learn their labels and repeat to the last bit`(method: Recipe.Method) throws {
        let recipe = recipe(method)
        func run() throws -> ClassifierAdapter {
            let first = try update(recipe, from: nil, 0..<2)
            var old = examples(0..<2, seed: 1)
            for index in old.indices { old[index].logits = [1, 0] }
            if method.replaysNew { old += examples(2..<4, seed: 1) }
            return try update(recipe, from: method.startsOver ? nil : first, 2..<4, replaying: old)
        }
        let adapter = try run()
        let trainer = try Trainer(encoder: encoder, recipe: recipe)
        #expect(trainer.score(adapter, on: examples(2..<4, seed: 5)).accuracy > 0.6)
        let again = try run()
        #expect(values(again) == values(adapter))
        #expect(again.carried == adapter.carried)
    }

    @Test func `EWC carries its information on, and a strong one holds what mattered`() throws {
        var recipe = recipe(.elasticWeights)
        // An adapter that is certain of everything has no information.
        recipe.optimization.epochs = 1
        recipe.optimization.learningRate = 0.005
        let first = try update(recipe, from: nil, 0..<2)
        let fisher = try #require(first.carried["fisher"])
        #expect(fisher.count == first.layout.count)
        #expect(fisher.allSatisfy { $0 >= 0 } && fisher.contains { $0 > 0 })
        func distance(_ strength: Double) throws -> Float {
            recipe.methodOptions.strength = strength
            let second = try update(recipe, from: first, 2..<4)
            #expect(second.carried["fisher"]?.count == second.layout.count)
            let range = 0..<first.layout.headWeight.upperBound
            return zip(fisher[range], zip(values(first)[range], values(second)[range]))
                .reduce(0) { $0 + $1.0 * ($1.1.0 - $1.1.1) * ($1.1.0 - $1.1.1) }
        }
        #expect(try distance(1e3) < 0.2 * distance(0))
    }

    @Test func `The information of one text is its squared gradient`() throws {
        let recipe = recipe(.elasticWeights)
        // One label only: the drawn label is certain, and its gradient zero.
        let adapter = try ClassifierAdapter(options: TinyBert.options, labels: ["a"], encoder: encoder, seed: 0)
        let context = MethodContext(recipe: recipe, encoder: encoder, pool: WorkerPool(count: 1))
        let certain = try ElasticWeightConsolidation.information(
            of: adapter, on: [TokenizedExample(ids: [1, 2], label: 0)], context)
        #expect(certain.allSatisfy { $0 == 0 })
        // Two labels and a head of zeros: either label's gradient on the bias is ±1/2.
        let even = try adapter.growing(to: ["a", "b"], encoder: encoder)
        let information = try ElasticWeightConsolidation.information(
            of: even, on: [TokenizedExample(ids: [1, 2], label: 0)], context)
        for index in even.layout.headBias { #expect(abs(information[index] - 0.25) < 1e-6) }
    }

    @Test func `The information is that of the adapter as it answers, whatever dropout it was trained with`() throws {
        let recipe = recipe(.elasticWeights)
        let adapter = try update(recipe, from: nil, 0..<2)
        let context = MethodContext(recipe: recipe, encoder: encoder, pool: WorkerPool(count: 1))
        let informations = try [0, 0.5].map { rate in
            try ElasticWeightConsolidation.information(
                of: adapter.dropping(rate), on: examples(0..<2, seed: 7), context)
        }
        #expect(informations[0].contains { $0 > 0 })
        #expect(informations[1] == informations[0])
    }

    @Test func `O-LoRA leaves earlier subspaces and rows as they are and makes the new one orthogonal`() throws {
        var recipe = recipe(.orthogonalLowRank)
        recipe.methodOptions.strength = 1
        let first = try update(recipe, from: nil, 0..<2)
        let second = try update(recipe, from: first, 2..<4)
        #expect(second.layout.rank == 2 * first.layout.rank)
        let (old, new) = (values(first), values(second))
        var (before, after) = (0.0, 0.0)
        let widened = values(try first.widening(by: recipe.adapter.rank, encoder: encoder, seed: 1))
        for (from, to) in zip(first.layout.projections, second.layout.projections) {
            #expect(Array(new[to.a][..<(to.a.lowerBound + from.a.count)]) == Array(old[from.a]))
            let width = from.inputWidth
            for oldRow in 0..<first.layout.rank {
                for newRow in first.layout.rank..<second.layout.rank {
                    func overlap(_ values: [Float]) -> Double {
                        let product = (0..<width).reduce(Float(0)) {
                            $0 + values[to.a.lowerBound + oldRow * width + $1]
                                * values[to.a.lowerBound + newRow * width + $1]
                        }
                        return Double(product * product)
                    }
                    before += overlap(widened)
                    after += overlap(new)
                }
            }
        }
        #expect(after < 0.5 * before)
        let rows = first.layout.headWeight.count
        #expect(
            Array(new[second.layout.headWeight].prefix(rows)) == Array(old[first.layout.headWeight]))
        recipe.methodOptions.subspaces = 2
        #expect(try update(recipe, from: second, 4..<5).layout.rank == second.layout.rank)
    }

    @Test func `What was carried does not outlive a change of method`() throws {
        let first = try update(recipe(.elasticWeights), from: nil, 0..<2)
        #expect(!first.carried.isEmpty)
        #expect(try update(recipe(.naive), from: first, 2..<4).carried.isEmpty)
    }
}
