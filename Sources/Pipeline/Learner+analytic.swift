import Adapters
import Replay
import Schema
import Store
import Training

extension Learner {
    /// The parent's sums and the new examples; `nil` when the recipe wants no analytic head.
    ///
    /// Sums of another width than the recipe's stay as they are: their examples are gone. A task whose parent has none
    /// begins with what the replay memory still holds.
    func add(_ input: Input) throws -> AnalyticSums? {
        guard input.recipe.head != .adapter else { return nil }
        let sums = try input.sums ?? remembered(input)
        let tokens = input.training.map { tokenizer.encode($0.text, maximumLength: input.recipe.maximumLength) }
        let rows = zip(input.training, features(tokens)).map { example, features in
            AnalyticSums.Row(features: features, label: example.label, replaced: input.replaced[example.sequence])
        }
        return sums.adding(rows)
    }

    private func remembered(_ input: Input) throws -> AnalyticSums {
        let exemplars = try input.memory.exemplars()
        let tokens = exemplars.map { tokenizer.encode($0.text, maximumLength: input.recipe.maximumLength) }
        return try AnalyticSums(width: input.recipe.analytic.projection, features: encoder.hiddenSize).adding(
            zip(exemplars, features(tokens)).map { AnalyticSums.Row(features: $1, label: $0.label) })
    }

    /// The base model's, in which the analytic head learns and answers, whatever the adapter.
    func features(_ tokens: [[Int32]]) -> [[Float]] {
        baseFeatures.features(tokens) { Classifier(encoder: encoder).features($0, pool: pool) }
    }

    /// An adapter that changes nothing, for a task that the analytic head alone answers.
    func untrained(_ input: Input) throws -> TrainingOutcome {
        let adapter =
            try input.parent?.growing(to: input.labels, encoder: encoder)
            ?? ClassifierAdapter(
                options: input.recipe.adapter, labels: input.labels, encoder: encoder, seed: input.recipe.seed)
        return TrainingOutcome(adapter: adapter)
    }
}
