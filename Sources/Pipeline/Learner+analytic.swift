import Adapters
import Replay
import Schema
import Store
import Training

extension Learner {
    /// What an update may come to: an adapter, and the analytic head that goes with it.
    struct Candidate {
        var adapter: ClassifierAdapter
        /// `nil` without an analytic head.
        var sums: AnalyticSums?
        var analytic: AnalyticHead?
        var fit: AnalyticFit
        /// Whether the sums hold what the parent's hold, on the same features.
        var keepsSums = false
        /// Whether the adapter has learned the new examples.
        var isTrained = false
    }

    /// The parent's adapter as it is, and its sums with the new examples: learned without a gradient step, with nothing
    /// forgotten. `nil` when the recipe wants no analytic head.
    ///
    /// A task whose parent has no sums begins, on the base model's features, with what the replay memory still holds.
    func keep(_ input: Input) throws -> Candidate? {
        guard input.recipe.head != .adapter else { return nil }
        let adapter =
            try input.parent?.growing(to: input.labels, encoder: encoder)
            ?? ClassifierAdapter(
                options: input.recipe.adapter, labels: input.labels, encoder: encoder, seed: input.recipe.seed)
        let fit = input.parentFit ?? input.recipe.analytic.fit
        let features = input.sums?.isAdapted == true ? adapter : nil
        let parent = try input.sums ?? empty(input, isAdapted: false).adding(exemplarRows(input, nil))
        let sums = parent.adding(newRows(input, features, replaced: input.replaced))
        return Candidate(
            adapter: adapter, sums: sums, analytic: try sums.head(fit), fit: fit, keepsSums: input.sums != nil)
    }

    /// A trained adapter, and sums made anew of its own features: of the new examples and of what the replay memory holds.
    func candidate(_ outcome: TrainingOutcome, _ input: Input) throws -> Candidate {
        let (adapter, fit) = (outcome.adapter, input.recipe.analytic.fit)
        guard input.recipe.head != .adapter else { return Candidate(adapter: adapter, fit: fit, isTrained: true) }
        let sums = try empty(input, isAdapted: true).adding(
            exemplarRows(input, adapter) + newRows(input, adapter, replaced: [:]))
        return Candidate(adapter: adapter, sums: sums, analytic: try sums.head(fit), fit: fit, isTrained: true)
    }

    /// Whether an update takes gradient steps, once it is known what it comes to without.
    func wantsTraining(_ input: Input, after kept: Judge.Judgement) -> Bool {
        guard input.recipe.head != .analytic else { return false }
        return kept.verdict.decision != .promote || input.mustTrain
            || input.schedule.isDue(with: input.training.count)
    }

    /// Whether sums that are made anew lack no example that was learned before.
    func holdsAll(_ input: Input) -> Bool { input.memory.count >= input.schedule.examples }

    private func empty(_ input: Input, isAdapted: Bool) throws -> AnalyticSums {
        try AnalyticSums(
            width: input.recipe.analytic.projection, features: encoder.hiddenSize, isAdapted: isAdapted)
    }

    /// - Parameters:
    ///   - adapter: whose features; `nil` for the base model's.
    ///   - replaced: by sequence, labels under which texts are in the sums already.
    private func newRows(
        _ input: Input, _ adapter: ClassifierAdapter?, replaced: [Int64: String]
    ) -> [AnalyticSums.Row] {
        zip(input.training, features(input.training.map(\.text), adapter, input.recipe)).map { example, features in
            AnalyticSums.Row(features: features, label: example.label, replaced: replaced[example.sequence])
        }
    }

    private func exemplarRows(_ input: Input, _ adapter: ClassifierAdapter?) throws -> [AnalyticSums.Row] {
        let exemplars = try input.memory.exemplars()
        return zip(exemplars, features(exemplars.map(\.text), adapter, input.recipe)).map {
            AnalyticSums.Row(features: $1, label: $0.label)
        }
    }

    private func features(_ texts: [String], _ adapter: ClassifierAdapter?, _ recipe: Recipe) -> [[Float]] {
        let tokens = texts.map { tokenizer.encode($0, maximumLength: recipe.maximumLength) }
        guard let adapter else { return features(tokens) }
        return Classifier(encoder: encoder).features(tokens, adapter: adapter, pool: pool)
    }

    /// The base model's.
    func features(_ tokens: [[Int32]]) -> [[Float]] {
        baseFeatures.features(tokens) { Classifier(encoder: encoder).features($0, pool: pool) }
    }
}
