import Adapters
import Replay
import Schema
import Store
import Training

extension Learner {
    /// What an update may come to: an adapter, and the sums of the analytic head that goes with it.
    struct Candidate {
        var adapter: ClassifierAdapter
        /// `nil` without an analytic head.
        var sums: AnalyticSums?
        var fit: AnalyticFit
        /// Whether the sums are the parent's with more examples.
        var keepsSums = false
        /// Whether they hold everything that the parent's do.
        var holdsAll = false
        /// Whether held-out answers are to choose the fit.
        var isTuned = true
        var learning = Verdict.Learning.kept
        /// Sums of the same examples without a projection, where held-out answers may yet choose how wide they are to be.
        var plain: AnalyticSums?
    }

    /// The parent's adapter as it is, or what learning would begin from, and its sums with the new examples: learned without
    /// a gradient step, with nothing forgotten. `nil` when the recipe wants no analytic head.
    ///
    /// A task whose parent has no sums begins them, on the base model's features, with what the memory holds.
    func keep(_ input: Input) throws -> Candidate? {
        guard input.recipe.head != .adapter else { return nil }
        let adapter = try keptAdapter(input)
        guard let sums = input.sums else { return try made(adapter, input, isAdapted: false) }
        let rows = newRows(input, sums.isAdapted ? adapter : nil, replaced: input.replaced)
        return Candidate(
            adapter: adapter, sums: sums.adding(rows, pool: pool).favouring(input.newcomers),
            fit: input.parentFit ?? input.recipe.analytic.fit, keepsSums: true, holdsAll: true,
            isTuned: !isTrainedWhole(input) && input.schedule.isDue(with: input.training.count))
    }

    /// What was kept, with its sums made anew where they have fewer columns than examples, or where they could be wider and
    /// the replay memory holds all of their examples for the last time; `nil` elsewhere. All of these pass the encoder for
    /// it, so that only what is served is widened.
    func widened(_ kept: Candidate, _ input: Input) throws -> Candidate? {
        guard kept.keepsSums, let sums = kept.sums, holdsAll(input),
            sums.projection.rows < input.recipe.analytic.widths(labels: input.labels.count).last ?? 0,
            try sums.projection.rows < sums.count || remember(input).count < sums.count
        else { return nil }
        return try made(kept.adapter, input, isAdapted: sums.isAdapted)
    }

    private func keptAdapter(_ input: Input) throws -> ClassifierAdapter {
        try (input.parent ?? input.start)?.growing(to: input.labels, encoder: encoder)
            ?? ClassifierAdapter(
                options: input.recipe.adapter, labels: input.labels, encoder: encoder, seed: input.recipe.seed)
    }

    private func made(_ adapter: ClassifierAdapter, _ input: Input, isAdapted: Bool) throws -> Candidate {
        var candidate = Candidate(adapter: adapter, fit: input.recipe.analytic.fit, holdsAll: holdsAll(input))
        try begin(&candidate, isAdapted ? adapter : nil, input)
        return candidate
    }

    /// A trained adapter, and sums made anew of its own features: of the new examples and of what the replay memory holds.
    func candidate(
        _ trained: ClassifierAdapter, _ input: Input, learning: Verdict.Learning
    ) throws -> Candidate {
        var candidate = Candidate(
            adapter: trained, fit: input.recipe.analytic.fit, holdsAll: holdsAll(input), learning: learning)
        if input.recipe.head != .adapter { try begin(&candidate, trained, input) }
        return candidate
    }

    /// Sums of the new examples and of what the replay memory holds; narrow, and still to be chosen, where the memory will
    /// hold all of them for the next update too.
    private func begin(_ candidate: inout Candidate, _ features: ClassifierAdapter?, _ input: Input) throws {
        let rows = try exemplarRows(input, features) + newRows(input, features, replaced: [:])
        let widths = input.recipe.analytic.widths(labels: input.labels.count)
        let staysWhole = try remember(input).count >= rows.count
        let width = widths.first { staysWhole && $0 >= 2 * rows.count } ?? widths.last ?? 0
        let isAdapted = features != nil
        candidate.sums = try AnalyticSums(
            width: width, features: encoder.hiddenSize, isAdapted: isAdapted
        ).adding(rows, pool: pool).favouring(input.newcomers)
        if staysWhole {
            candidate.plain = try AnalyticSums(width: 0, features: encoder.hiddenSize, isAdapted: isAdapted)
                .adding(rows, pool: pool).favouring(input.newcomers)
        }
    }

    /// Whether the replay memory holds every example of the parent's sums, but for a few: those whose text another took the
    /// place of stay in the sums.
    private func holdsAll(_ input: Input) -> Bool {
        let summed = input.sums?.count ?? input.schedule.examples
        return input.memory.isWhole && !input.sumsAreImported
            && 10 * (input.memory.count + input.replaced.count) >= 9 * summed
    }

    /// Whether an update takes gradient steps, once it is known what it comes to without.
    func wantsTraining(_ input: Input, after kept: Judge.Judgement) -> Bool {
        guard input.recipe.head != .analytic else { return false }
        return kept.verdict.decision != .promote || input.mustTrain
            || input.schedule.isDue(with: input.training.count) || isTrainedWhole(input)
    }

    /// Whether an update trains because the replay memory holds everything, and enough has come since it last did.
    private func isTrainedWhole(_ input: Input) -> Bool {
        input.recipe.head != .analytic && holdsAll(input) && input.schedule.hasGrown(with: input.training.count)
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
        return adapter.map { self.features(tokens, $0) } ?? self.features(tokens)
    }
}
