import Adapters
import Pipeline
import Schema
import Store
import Tensors
import Testing
import TinyBert
import Tokenizers
import Transformers

/// Updates of a tiny random encoder.
@Suite("Learner")
struct LearnerTests {
    let learner: Learner

    init() throws {
        let words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]"] + (4..<64).map { "w\($0)" }
        let vocabulary = words.enumerated().map { "\"\($1)\": \($0)" }.joined(separator: ", ")
        let json = """
            {"normalizer": null, "pre_tokenizer": {"type": "BertPreTokenizer"}, "added_tokens": [],
             "post_processor": {"type": "TemplateProcessing",
               "single": [{"SpecialToken": {"id": "[CLS]"}}, {"Sequence": {"id": "A"}}, {"SpecialToken": {"id": "[SEP]"}}],
               "special_tokens": {"[CLS]": {"ids": [2]}, "[SEP]": {"ids": [3]}}},
             "model": {"type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##",
               "max_input_chars_per_word": 12, "vocab": {\(vocabulary)}}}
            """
        learner = Learner(
            encoder: try TinyBert.encoder(), tokenizer: try Tokenizer(json: Array(json.utf8)),
            base: .init(name: "tiny-bert", digest: "sha256:0"), pool: WorkerPool(count: 1))
    }

    static var recipe: Recipe {
        var recipe = TinyBert.recipe
        recipe.analytic.projection = 64
        recipe.analytic.ridge = 0.1
        // So that sums, once begun, stay: nothing is held that they could be made of anew.
        recipe.replay.examples = 40
        recipe.quarantine.falseAlarms = 0
        recipe.maximumLength = 16
        recipe.threads = 1
        return recipe
    }

    /// Texts of a label share most of their words.
    static func examples(_ labels: [Int], count: Int, seed: UInt64) -> [Example] {
        var generator = SeededGenerator(seed: seed, stream: 9)
        return labels.flatMap { label in
            (0..<count).map { _ in
                let words = (0..<8).map { _ in
                    Int.random(in: 0..<4, using: &generator) == 0
                        ? Int.random(in: 4..<64, using: &generator)
                        : 4 + label * 8 + Int.random(in: 0..<8, using: &generator)
                }
                return Example(text: words.map { "w\($0)" }.joined(separator: " "), label: "label \(label)")
            }
        }
    }

    /// A task that takes no gradient step.
    private func sumsAlone(projection: Int, exemplars: Int, holdout: Double) throws -> StreamRun {
        var recipe = Self.recipe
        recipe.head = .analytic
        recipe.analytic.projection = projection
        recipe.replay.examples = exemplars
        return try StreamRun(learner: learner, recipe: recipe, holdout: holdout)
    }

    /// A task that holds fewer exemplars than it learns: what was trained is kept from its second update on.
    private func holdingFew(declared: [String] = []) throws -> StreamRun {
        var recipe = Self.recipe
        recipe.replay.examples = 10
        return try StreamRun(learner: learner, recipe: recipe, holdout: 0.3, declared: declared)
    }

    private func features(_ examples: [Example], _ adapter: ClassifierAdapter) throws -> [[Float]] {
        let encoder = try TinyBert.encoder()
        let tokens = examples.map { example in
            [2] + example.text.split(separator: " ").compactMap { Int32($0.dropFirst()) } + [3]
        }
        return Classifier(encoder: encoder).features(tokens, adapter: adapter, pool: WorkerPool(count: 1))
    }

    @Test("Without held-out examples the first update trains, and the next only adds to the adapter's sums")
    func keepsWhatItTrained() throws {
        var run = try StreamRun(learner: learner, recipe: Self.recipe, holdout: 0)
        let first = Self.examples([0, 1, 2], count: 30, seed: 1)
        let taught = try run.learn(first)
        #expect(taught.trained > 0)
        #expect(try #require(taught.analytic).isAdapted)

        let second = Self.examples([3], count: 10, seed: 2)
        let added = try run.learn(second)
        #expect(added.trained == 0 && added.replayed == 0)
        #expect(added.keepsSums && !taught.keepsSums)
        #expect(added.blend.head == .analytic)
        #expect(added.adapter.labels == ["label 0", "label 1", "label 2", "label 3"])

        // No layer moved, and the sums are those of all examples at once.
        let queries = Self.examples([0, 1, 2, 3], count: 3, seed: 3)
        #expect(try features(queries, added.adapter) == features(queries, taught.adapter))
        let rows = zip(first + second, try features(first + second, added.adapter)).map {
            AnalyticSums.Row(features: $1, label: $0.label)
        }
        let width = try #require(added.sums).projection.rows
        let newcomers = Newcomers(["label 3"], advantage: Float(Self.recipe.analytic.recency))
        let anew = try AnalyticSums(width: width, features: 32, isAdapted: true).adding(rows).favouring(newcomers)
            .head(added.fit)
        let wanted = anew.scores(try features(queries, added.adapter))
        let found = try #require(added.analytic).scores(try features(queries, added.adapter))
        for (a, b) in zip(wanted.joined(), found.joined()) { #expect(abs(a - b) < 1e-3) }
        #expect(added.sums?.newcomers == newcomers)
        #expect(taught.sums?.newcomers.labels == [], "without a parent all labels are new, and none is favoured")
        let settled = try run.learn(Self.examples([0], count: 4, seed: 4))
        #expect(settled.keepsSums && settled.sums?.newcomers.labels == [])
    }

    @Test("A label whose name alone was known before is a newcomer with its first example, whatever that one's hash")
    func newcomerOfKnownName() throws {
        var run = try StreamRun(learner: learner, recipe: Self.recipe, holdout: 0.3)
        let first = try run.learn(Self.examples([0, 1, 2], count: 12, seed: 5))
        let heldOut = Self.examples([3], count: 40, seed: 9).filter { ContentHash($0.text).fraction < 0.3 }
        let second = try run.learn(Array(heldOut.prefix(3)))
        #expect(second.sums?.counts == (first.sums?.counts ?? []) + [1])
        #expect(second.sums?.newcomers.labels == ["label 3"])
        #expect(second.evaluations.last?.total == 2)
    }

    @Test("An adapter that had no say gets none before it is trained again, whatever the held-out answers")
    func keepsItsSay() throws {
        var run = try holdingFew()
        let first = try run.learn(Self.examples([0, 1, 2], count: 12, seed: 1))
        #expect(first.verdict.learning == .trained && first.blend.adapter > 0)
        // Too few are held out to calibrate by: the sums alone answer.
        let second = try run.learn(Self.examples([1], count: 2, seed: 2))
        #expect(second.trained == 0 && second.heldOutCount < Blend.minimumExamples)
        #expect(second.verdict.learning == .kept)
        #expect(second.blend.adapter == 0)
        let third = try run.learn(Self.examples([0, 1, 2], count: 8, seed: 3))
        #expect(third.trained == 0 && third.heldOutCount >= Blend.minimumExamples)
        #expect(third.blend.adapter == 0)
    }

    @Test("An adapter that was kept has no say in an update with labels that it never learned")
    func knowsNothingOfNewLabels() throws {
        var run = try holdingFew()
        let first = try run.learn(Self.examples([0, 1, 2], count: 40, seed: 1))
        #expect(first.verdict.learning == .trained && first.blend.adapter > 0)
        var other = run
        let more = try other.learn(Self.examples([0, 1, 2], count: 8, seed: 2))
        #expect(more.trained == 0 && more.blend.adapter > 0)
        let new = try run.learn(Self.examples([3], count: 8, seed: 2))
        #expect(new.trained == 0 && new.heldOutCount >= Blend.minimumExamples)
        #expect(new.blend.adapter == 0)
    }

    @Test("A label that was only declared leaves the adapter its say")
    func declaredAlone() throws {
        func learn(declared: [String]) throws -> Learner.Result {
            var run = try holdingFew(declared: declared)
            _ = try run.learn(Self.examples([0, 1, 2], count: 40, seed: 1))
            return try run.learn(Self.examples([0, 1, 2], count: 8, seed: 2))
        }
        let declared = try learn(declared: ["label 0", "label 1", "label 2", "label 3"])
        #expect(declared.adapter.labels.count == 4)
        #expect(declared.trained == 0 && declared.blend.adapter > 0)
    }

    @Test("Where training makes held-out answers significantly better the update learns all layers too; elsewhere it ends")
    func deepens() throws {
        func learn(projection: Int, deepening: Int, examples: Int = 450) throws -> Learner.Result {
            var recipe = Self.recipe
            recipe.adapter.layers = 1
            // One epoch leaves something to learn.
            recipe.optimization.epochs = 1
            recipe.optimization.learningRate = 0.003
            recipe.analytic.projection = projection
            recipe.optimization.deepening = deepening
            var run = try StreamRun(learner: learner, recipe: recipe, holdout: 0.3)
            return try run.learn(Self.examples([0, 1, 2, 3], count: examples, seed: 6))
        }
        // Two columns tell no four labels apart.
        let ended = try learn(projection: 2, deepening: 0)
        let deep = try learn(projection: 2, deepening: 4)
        #expect(ended.adapter.options.layers == 1 && ended.adapter.layout.lowestLayer == 1)
        #expect(deep.adapter.options.layers == 0 && deep.adapter.layout.lowestLayer == 0)
        #expect(deep.trained > ended.trained)
        #expect(ended.verdict.learning == .trained && deep.verdict.learning == .deepened)
        #expect(try #require(deep.accuracy) >= #require(ended.accuracy))
        let again = try learn(projection: 2, deepening: 4)
        let count = deep.adapter.layout.count
        #expect(again.adapter.parameters[0..<count] == deep.adapter.parameters[0..<count])

        // Sums that answer as many have nothing left to gain.
        let separable = try learn(projection: 64, deepening: 4)
        #expect(separable.trained == ended.trained && separable.adapter.options.layers == 1)
        // Of few answers chance would decide.
        let few = try learn(projection: 2, deepening: 4, examples: 30)
        #expect(few.heldOutCount < 500 && few.adapter.options.layers == 1)
    }

    @Test("Steps that go astray take nothing from what was learned without them")
    func divergence() throws {
        var recipe = Self.recipe
        recipe.optimization.learningRate = 1e6
        recipe.optimization.warmupSteps = 0
        var run = try StreamRun(learner: learner, recipe: recipe, holdout: 0.3)
        let result = try run.learn(Self.examples([0, 1, 2], count: 60, seed: 5))
        #expect(result.verdict.decision == .promote && result.verdict.learning == .kept)
        #expect(result.verdict.reason.contains("training diverged at step"))
        #expect(try #require(result.accuracy) > 0.5)
        recipe.head = .adapter
        run = try StreamRun(learner: learner, recipe: recipe, holdout: 0.3)
        let error = #expect(throws: (any Error).self) {
            try run.learn(Self.examples([0, 1, 2], count: 60, seed: 5))
        }
        #expect(error.map { "\($0)".hasPrefix("training diverged") } == true)
    }

    @Test("A refused update is tried again with more replay, up to the largest ratio")
    func retries() throws {
        var recipe = Self.recipe
        recipe.head = .adapter
        recipe.replay.ratio = 40
        recipe.gate.retries = 1
        var run = try StreamRun(learner: learner, recipe: recipe, holdout: 0.3)
        _ = try run.learn(Self.examples([0, 1], count: 60, seed: 6))
        // Nothing is learned of the new labels, however much is replayed.
        run.recipe.optimization.learningRate = 1e-9
        run.recipe.optimization.imprint = false
        let result = try run.learn(Self.examples([2, 3], count: 60, seed: 7))
        #expect(result.verdict.decision != .promote && result.verdict.attempt == 2)
    }

    @Test("A later adapter goes on over all layers from where it is, and the update counts all that it replayed")
    func deepensLater() throws {
        var recipe = Self.recipe
        recipe.adapter.layers = 1
        recipe.optimization.epochs = 1
        recipe.optimization.learningRate = 0.003
        recipe.analytic.projection = 2
        recipe.optimization.deepening = 0
        var run = try StreamRun(learner: learner, recipe: recipe, holdout: 0.3)
        let first = try run.learn(Self.examples([0, 1, 2, 3], count: 240, seed: 6))
        #expect(first.adapter.layout.lowestLayer == 1 && first.verdict.decision == .promote)
        var shallow = run
        run.recipe.optimization.deepening = 3
        let second = Self.examples([4, 5, 6, 7], count: 240, seed: 7)
        let (ended, deep) = (try shallow.learn(second), try run.learn(second))
        #expect(ended.adapter.layout.lowestLayer == 1 && deep.adapter.layout.lowestLayer == 0)
        #expect(deep.trained > ended.trained && deep.replayed > ended.replayed)
        #expect(deep.rehearsals.values.reduce(0, +) == deep.replayed)
        #expect(try #require(deep.accuracy) >= #require(ended.accuracy))
        // Deep it stays.
        let third = try run.learn(Self.examples([0], count: 10, seed: 8))
        #expect(third.adapter.layout.lowestLayer == 0)
    }

    @Test("Twice as many examples are trained on again, from sums made of the new features and the replay memory")
    func trainsAgain() throws {
        var recipe = Self.recipe
        recipe.replay.examples = 200
        var run = try StreamRun(learner: learner, recipe: recipe, holdout: 0)
        _ = try run.learn(Self.examples([0, 1], count: 20, seed: 1))
        let again = try run.learn(Self.examples([2, 3], count: 20, seed: 2))
        #expect(again.trained > 0 && again.replayed > 0)
        #expect(!again.keepsSums)
        #expect(again.sums?.count == 80)
        #expect(again.schedule == TrainingSchedule(examples: 80, trained: 80))
        // The memory holds all of them: a tenth more is trained on as well, though it is not due, and fewer are not.
        let few = try run.learn(Self.examples([1], count: 5, seed: 4))
        #expect(few.trained == 0 && few.sums?.count == 85)
        let more = try run.learn(Self.examples([1], count: 5, seed: 5))
        #expect(more.trained > 0 && more.sums?.count == 90)
    }

    @Test("Sums that were begun narrow grow with the task for as long as the replay memory holds all of it")
    func widens() throws {
        var run = try sumsAlone(projection: 2_048, exemplars: 350, holdout: 0)
        let few = try run.learn(Self.examples([0, 1], count: 20, seed: 1))
        #expect(few.sums?.projection.rows == 256 && few.sums?.count == 40)
        let wideEnough = try run.learn(Self.examples([2], count: 20, seed: 2))
        #expect(wideEnough.keepsSums && wideEnough.sums?.projection.rows == 256)
        let more = try run.learn(Self.examples([0, 1, 2], count: 80, seed: 3))
        #expect(more.sums?.projection.rows == 1_024 && more.sums?.count == 300)
        #expect(!more.keepsSums && more.holdsAll && more.trained == 0)
        // The memory will not hold all of these: it is the last time that they can be made anew.
        let last = try run.learn(Self.examples([3], count: 60, seed: 4))
        #expect(last.sums?.projection.rows == 2_048 && last.sums?.count == 360)
        let after = try run.learn(Self.examples([3], count: 5, seed: 5))
        #expect(after.keepsSums && after.sums?.count == 365)
    }

    @Test("What the byte budget will not hold counts as missing: it is the last time that sums can be made anew")
    func widensBeforeBytesRunOut() throws {
        var recipe = Self.recipe
        recipe.head = .analytic
        recipe.analytic.projection = 2_048
        recipe.replay.examples = 1_000
        recipe.replay.bytes = 2_048
        var run = try StreamRun(learner: learner, recipe: recipe, holdout: 0)
        let few = try run.learn(Self.examples([0, 1], count: 15, seed: 1))
        #expect(few.memory.count == 30 && few.sums?.projection.rows == 256)
        let last = try run.learn(Self.examples([0, 1, 2], count: 60, seed: 3))
        #expect(last.memory.count < 210 && last.memory.storedBytes <= 2_048)
        #expect(last.sums?.count == 210 && last.sums?.projection.rows == 2_048)
    }

    @Test("A stream takes an example that came before for the duplicate that it is to the ledger")
    func duplicates() throws {
        var run = try sumsAlone(projection: 64, exemplars: 100, holdout: 0)
        let examples = Self.examples([0, 1], count: 10, seed: 1)
        #expect(try run.learn(examples + examples.prefix(3)).sums?.count == 20)
        let next = try run.learn(Array(examples.suffix(4)) + Self.examples([2], count: 5, seed: 2))
        #expect(next.sums?.count == 25 && next.memory.count == 25)
    }

    @Test("Held-out examples decide: training serves no candidate that answers fewer of them than the sums alone")
    func heldOutDecides() throws {
        var sums = try sumsAlone(projection: 64, exemplars: 40, holdout: 0.3)
        let kept = try #require(try sums.learn(Self.examples([0, 1, 2], count: 60, seed: 1)).accuracy)
        var run = try StreamRun(learner: learner, recipe: Self.recipe, holdout: 0.3)
        let result = try run.learn(Self.examples([0, 1, 2], count: 60, seed: 1))
        #expect(result.trained > 0)
        #expect(try #require(result.accuracy) >= kept)
        let analytic = try #require(result.analytic)
        #expect(result.blend.adapter == 0 || analytic.isAdapted)
        let test = Self.examples([0, 1, 2], count: 40, seed: 5)
        let right = try run.correct([test])[0].count { $0 }
        #expect(Double(right) > 0.8 * Double(test.count))
    }

    @Test("As many right answers are no reason to serve what was trained")
    func tieKeeps() throws {
        var run = try StreamRun(learner: learner, recipe: Self.recipe, holdout: 0.3)
        // Two words for each label: the base model's features tell them apart.
        var generator = SeededGenerator(seed: 3, stream: 9)
        let examples = (0..<20).flatMap { index in
            [4, 12].map { word in
                let words = (0..<3 + index % 6).map { _ in "w\(word + Int.random(in: 0..<2, using: &generator))" }
                return Example(text: words.joined(separator: " "), label: "label \(word)")
            }
        }
        let result = try run.learn(examples)
        #expect(result.trained > 0 && result.heldOutCount > 3)
        #expect(result.accuracy == 1)
        #expect(result.verdict.learning == .kept)
        #expect(result.analytic?.isAdapted == false)
    }

    @Test("A small task's sums are narrow, and wide once the replay memory no longer holds its examples")
    func grows() throws {
        var run = try sumsAlone(projection: 512, exemplars: 60, holdout: 0.3)
        let small = try #require(try run.learn(Self.examples([0, 1], count: 30, seed: 1)).sums)
        #expect(small.projection.rows <= 256)
        let grown = try run.learn(Self.examples([2, 3], count: 60, seed: 2))
        let sums = try #require(grown.sums)
        #expect(sums.projection.rows == 512)
        #expect(sums.count > small.count + 60)
        #expect(grown.holdsAll)
        #expect(!grown.keepsSums)
        // From here on they only grow.
        let next = try run.learn(Self.examples([1, 3], count: 10, seed: 3))
        #expect(next.keepsSums && next.sums?.projection.rows == 512)
    }

    @Test("Held-out answers choose the ridge")
    func choosesRidge() throws {
        var recipe = Self.recipe
        recipe.head = .analytic
        recipe.analytic.ridge = 1_000
        recipe.replay.examples = 0
        var run = try StreamRun(learner: learner, recipe: recipe, holdout: 0.3)
        let result = try run.learn(Self.examples([0, 1, 2, 3], count: 60, seed: 1))
        #expect(result.fit.kind == .ridge && result.fit.strength < 1_000)
    }

    @Test("A recipe of the analytic head alone takes no gradient step")
    func analyticAlone() throws {
        var run = try sumsAlone(projection: 64, exemplars: 40, holdout: 0.3)
        let result = try run.learn(Self.examples([0, 1], count: 60, seed: 1))
        #expect(result.trained == 0)
        #expect(result.blend.head == .analytic)
        #expect(result.analytic?.isAdapted == false)
    }
}
