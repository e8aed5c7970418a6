import Foundation
import Schema
import Testing

@Suite struct RecipeMethodTests {
    static let wrong: [(String, @Sendable (inout Recipe) -> Void)] = [
        ("method_options.strength", { $0.methodOptions.strength = -1 }),
        ("method_options.strength", { $0.methodOptions.strength = .infinity }),
        ("method_options.label_strength", { $0.methodOptions.labelStrength = -0.1 }),
        ("method_options.temperature", { $0.methodOptions.temperature = 0 }),
        ("method_options.decay", { $0.methodOptions.decay = 1.5 }),
        ("method_options.subspaces", { $0.methodOptions.subspaces = 0 }),
        (
            "method_options.subspaces",
            {
                $0.method = .orthogonalLowRank
                $0.adapter.rank = 32
                $0.methodOptions.subspaces = 64
                $0.optimization.logitAdjustment = 0
                $0.replay.ratio = 0
            }
        ),
        (
            "replay.examples",
            {
                $0.method = .asymmetricReplay; $0.replay.examples = 0
            }
        ),
        (
            "replay.examples",
            {
                $0.method = .joint; $0.replay.examples = 0
            }
        ),
        (
            "replay.ratio",
            {
                $0.method = .elasticWeights; $0.optimization.logitAdjustment = 0
            }
        ),
        (
            "optimization.weight_decay",
            {
                $0.method = .orthogonalLowRank
                $0.optimization.weightDecay = 0.1
                $0.replay.ratio = 0
            }
        ),
        ("optimization.logit_adjustment", { $0.method = .darkReplay }),
        ("analytic.projection", { $0.analytic.projection = -1 }),
        ("analytic.shrinkage", { $0.analytic.shrinkage = 1 }),
        ("analytic.recency", { $0.analytic.recency = -0.1 }),
        ("analytic.bytes", { $0.analytic.bytes = -1 }),
        ("adapter.alpha", { $0.adapter.alpha = .nan }),
        ("optimization.epochs", { $0.optimization.epochs = 0 }),
        ("optimization.epochs", { $0.optimization.epochs = .min }),
        ("optimization.deepening", { $0.optimization.deepening = .max }),
        ("optimization.min_steps", { $0.optimization.minimumSteps = -1 }),
        ("optimization.batch_size", { $0.optimization.batchSize = 0 }),
        ("optimization.learning_rate", { $0.optimization.learningRate = .infinity }),
        ("optimization.weight_decay", { $0.optimization.weightDecay = -0.1 }),
        ("optimization.beta2", { $0.optimization.beta2 = 1 }),
        ("optimization.epsilon", { $0.optimization.epsilon = 0 }),
        ("optimization.gradient_clip", { $0.optimization.gradientClip = -1 }),
        ("optimization.logit_adjustment", { $0.optimization.logitAdjustment = 3 }),
        ("optimization.deepening", { $0.optimization.deepening = -1 }),
        ("optimization.patience", { $0.optimization.patience = -1 }),
        ("replay.ratio", { $0.replay.ratio = -0.5 }),
        ("replay.examples", { $0.replay.examples = -1 }),
        ("replay.bytes", { $0.replay.bytes = -1 }),
        ("replay.bytes", { $0.replay.bytes = 1_023 }),
        ("threads", { $0.threads = 0 }),
    ]

    @Test(arguments: wrong)
    func `What does not go together is named`(field: String, change: @Sendable (inout Recipe) -> Void) throws {
        var recipe = Recipe()
        #expect(recipe.problem == nil)
        change(&recipe)
        #expect(try #require(recipe.problem).contains(field))
    }

    @Test func `The sums of an analytic head are as wide as the budget and the recipe allow`() {
        var options = Recipe.AnalyticOptions()
        #expect(options.widths(labels: 77) == [0, 256, 512, 1_024, 2_048, 3_072, 4_096])
        options.bytes = 9_000_000
        #expect(options.widths(labels: 2).last == 2_048)
        #expect(options.widths(labels: 150).last == 1_024)
        options.projection = 300
        #expect(options.widths(labels: 2) == [0, 256, 300])
        options.bytes = 0
        #expect(options.widths(labels: 2) == [0])
    }

    @Test func `A method has the name of its paper, and a strange one is refused with the known ones`() throws {
        let names = Recipe.Method.allCases.map(\.rawValue)
        #expect(
            names == ["naive", "replay", "er-ace", "der++", "ewc", "lwf", "a-gem", "o-lora", "gdumb", "joint"])
        let error = #expect(throws: DecodingError.self) {
            try JSONDecoder().decode([Recipe.Method].self, from: Data(#"["er-aec"]"#.utf8))
        }
        #expect("\(try #require(error))".contains("er-ace"))
    }
}
