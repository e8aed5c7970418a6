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
    ]

    @Test(arguments: wrong)
    func `What does not go together is named`(field: String, change: @Sendable (inout Recipe) -> Void) throws {
        var recipe = Recipe()
        #expect(recipe.problem == nil)
        change(&recipe)
        #expect(try #require(recipe.problem).contains(field))
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
