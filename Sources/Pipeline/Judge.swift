import Adapters
import Evaluation
import Foundation
import Schema
import Store
import Tensors

/// Answers every held-out slice with parent and candidates, and asks the gate. The parent answers once, whatever the
/// number of candidates, and only what it was not judged by itself already.
struct Judge {
    struct Judgement {
        /// With the width and the fit that were chosen.
        var candidate: Learner.Candidate
        var analytic: AnalyticHead?
        /// How its answers were blended.
        var blend: Blend
        var verdict: Verdict
        /// What else an operator should know.
        var note: String?
        var evaluations: [SliceEvaluation]
        var parentOnNewSlice: SliceEvaluation?
        var untrainedOnNewSlice: SliceEvaluation?
        var answers: [HeldOutAnswer]
        /// Of all slices.
        var correct: [Bool]
        /// How many of them.
        var right: Int { correct.count { $0 } }
    }

    private struct Slice {
        var experience: Int
        var isNew: Bool
        /// Places of its examples.
        var range: Range<Int>
        var parentCorrect: [Bool]?
    }

    private let learner: Learner
    private let recipe: Recipe
    /// Whether the parent's adapter has a say in its answers, and knows all labels that it would be asked about.
    private let asksParent: Bool
    private let firstLabel: String?
    /// Labels of the parent, which stand first in the candidate too; `nil` when none is new.
    private let knownLabels: Int?
    /// Which examples of the new slice carry labels that the parent never gives rightly …
    private let novel: [Bool]
    /// … what guessing reaches among them …
    private let majorityShare: Double
    /// … and which carry labels that it has learned.
    private let learned: [Bool]
    private let slices: [Slice]
    private let sequences: [Int64]
    private let tokens: [[Int32]]
    private let labels: [String]

    init(learner: Learner, input: Learner.Input) {
        self.learner = learner
        recipe = input.recipe
        firstLabel = input.labels.first
        knownLabels = input.parent.flatMap { $0.labels.count < input.labels.count ? $0.labels.count : nil }
        let all = input.oldSlices + [HeldOutSlice(experience: input.experience, examples: input.newSlice)]
        let examples = all.flatMap(\.examples)
        // A label that was only declared, and has no example yet, takes the adapter's word from nobody.
        let asked = Set((input.training + examples).map(\.label))
        asksParent = input.parent == nil || (input.blend.adapter > 0 && input.newcomers.labels.isDisjoint(with: asked))
        let tokens = examples.map {
            learner.tokenizer.encode($0.text, maximumLength: input.recipe.maximumLength)
        }
        let correct = learner.judging.time {
            input.parent.map { Self.correct($0, learner: learner, input: input, examples, tokens) }
        }
        var start = 0
        slices = all.enumerated().map { index, slice in
            let range = start..<start + slice.examples.count
            start = range.upperBound
            return Slice(
                experience: slice.experience, isNew: index == all.count - 1, range: range,
                parentCorrect: correct.map { Array($0[range]) })
        }
        let known = Set(zip(examples, correct ?? []).compactMap { $1 ? $0.label : nil })
        novel = input.newSlice.map { !known.contains($0.label) }
        let learnedLabels = Set(input.parent?.labels ?? []).subtracting(input.newcomers.labels)
        learned = input.newSlice.map { learnedLabels.contains($0.label) }
        majorityShare = Self.majorityShare(
            zip(input.newSlice, novel).compactMap { $1 ? $0.label : nil }, input, heldOut: examples)
        sequences = examples.map(\.sequence)
        labels = examples.map(\.label)
        self.tokens = tokens
    }

    /// Share of the commonest of these labels. Where only one is among them, one example perhaps, guessing would have it
    /// all: then its share of all that is known of the task.
    private static func majorityShare(
        _ labels: [String], _ input: Learner.Input, heldOut: [LedgerExample]
    ) -> Double {
        var counts = Dictionary(labels.map { ($0, 1) }, uniquingKeysWith: +)
        if counts.count == 1 {
            counts = Dictionary((heldOut + input.training).map { ($0.label, 1) }, uniquingKeysWith: +)
            if let sums = input.sums { counts.merge(zip(sums.labels, sums.counts), uniquingKeysWith: +) }
        }
        return Double(counts.values.max() ?? 0) / Double(max(counts.values.reduce(0, +), 1))
    }

    /// Whether the parent answers right; what it was not judged by itself already, it is asked.
    private static func correct(
        _ parent: ClassifierAdapter, learner: Learner, input: Learner.Input, _ examples: [LedgerExample],
        _ tokens: [[Int32]]
    ) -> [Bool] {
        let heads = HeadPair(adapter: parent.labels, analytic: input.analytic, blend: input.blend)
        var correct = examples.map { input.parentAnswers[$0.sequence]?.label == $0.label }
        let unknown = examples.indices.filter { input.parentAnswers[examples[$0].sequence] == nil }
        let answered = learner.correct(
            learner.logits(parent, heads, unknown.map { tokens[$0] }), heads.labels,
            expected: unknown.map { examples[$0].label })
        for (index, isCorrect) in zip(unknown, answered) { correct[index] = isCorrect }
        return correct
    }

    /// - Throws: `TensorError` for sums that cannot be solved.
    func judge(_ candidate: Learner.Candidate, attempt: Int) throws -> Judgement {
        try learner.judging.time { try judged(candidate, attempt: attempt) }
    }

    private func judged(_ candidate: Learner.Candidate, attempt: Int) throws -> Judgement {
        let names = candidate.adapter.labels
        var candidate = candidate
        let (head, blend, logits) = try answered(&candidate)
        func correct(among count: Int) -> [Bool] {
            learner.correct(logits.map { Array($0.prefix(count)) }, names, expected: labels)
        }
        let all = correct(among: names.count)
        let known = knownLabels.map(correct)
        let outcomes = slices.map { slice in
            SliceOutcome(
                experience: slice.experience, isNew: slice.isNew, championCorrect: slice.parentCorrect,
                candidateCorrect: Array(all[slice.range]),
                candidateCorrectAmongKnown: known.map { Array($0[slice.range]) },
                novel: slice.isNew ? novel : nil, known: slice.isNew ? learned : nil, majorityShare: majorityShare)
        }
        let new = slices.last
        var verdict = Gate(recipe.gate).judge(outcomes, attempt: attempt)
        verdict.learning = candidate.learning
        return Judgement(
            candidate: candidate, analytic: head, blend: blend, verdict: verdict,
            evaluations: outcomes.map { evaluation($0.experience, $0.candidateCorrect) },
            parentOnNewSlice: new.flatMap { new in new.parentCorrect.map { evaluation(new.experience, $0) } },
            // An untrained head scores every label alike, so that the first one wins.
            untrainedOnNewSlice: new.map { new in
                evaluation(new.experience, labels[new.range].map { $0 == firstLabel })
            },
            answers: learner.answers(logits, names, sequences: sequences), correct: all)
    }

    /// The trained candidate where it answers significantly more than what was kept, or alone passes the gate. Where its
    /// sums lack nothing that was learned, one answer more is enough; as many are not, for features that fit the labels of
    /// now fit later ones no better. Where nothing is held out, training is trusted.
    func better(of kept: Judgement?, _ trained: Judgement) -> Judgement {
        guard let kept, kept.verdict.decision == .promote else { return trained }
        guard trained.verdict.decision == .promote else { return kept }
        let isBetter =
            trained.candidate.holdsAll
            ? trained.right > kept.right || trained.correct.isEmpty
            : PairedComparison(champion: trained.correct, candidate: kept.correct).pValueOfAnyDrop
                < 1 - recipe.gate.confidence
        guard !isBetter else { return trained }
        var judgement = kept
        // Nobody asks the adapter beside sums of the base model's features; the next training goes on from it.
        if kept.candidate.sums?.isAdapted == false { judgement.candidate.adapter = trained.candidate.adapter }
        return judgement
    }

    /// Whether a trained candidate is worth more epochs on all layers: it passed the gate and answers significantly more than
    /// what was kept, so that features matter here; and enough is held out to tell whether it pays.
    func deserves(_ trained: Judgement, depthBeyond kept: Judgement) -> Bool {
        labels.count >= Self.leastForDepth && recipe.optimization.deepening > 0 && recipe.method == .replay
            && trained.verdict.decision == .promote
            && PairedComparison(champion: trained.correct, candidate: kept.correct).pValueOfAnyDrop
                < 1 - recipe.gate.confidence
    }

    /// Of so many held-out examples one standard deviation of a difference is about a point, which is what depth brings.
    private static let leastForDepth = 500

    /// Held-out examples decide how the sums are solved and how much each head says, among blends that one pass of the
    /// encoder answers.
    private func answered(
        _ candidate: inout Learner.Candidate
    ) throws -> (AnalyticHead?, Blend, [[Float]]) {
        let names = candidate.adapter.labels
        guard let sums = candidate.sums else {
            return (nil, .adapterAlone, learner.logits(candidate.adapter, tokens))
        }
        let features = sums.isAdapted ? learner.features(tokens, candidate.adapter) : learner.features(tokens)
        let tuning = AnalyticTuning(options: recipe.analytic, features: features, labels: labels, pool: learner.pool)
        let head = try tuning.choose(sums, for: &candidate)
        let scores = head.scores(features)

        // What the sums have learned since, an adapter that was kept has not: once it has no say, it gets none, and beside
        // labels that it never learned it has none.
        let asksAdapter =
            sums.isAdapted && (candidate.learning != .kept || asksParent && labels.count >= Blend.minimumExamples)
        let adapted = asksAdapter ? learner.logits(candidate.adapter, tokens) : []
        let positions = Dictionary(uniqueKeysWithValues: zip(names, 0...))
        let known = labels.indices.filter { positions[labels[$0]] != nil }
        let alone = HeadPair(adapter: names, analytic: head, blend: Blend(adapter: 0, analytic: 1))
        let blend = Blend.calibrated(
            adapter: known.map { asksAdapter ? adapted[$0] : [] },
            analytic: known.map { alone.logits(adapter: [], analytic: scores[$0]) },
            targets: known.map { positions[labels[$0]] ?? 0 }, heads: asksAdapter ? recipe.head : .analytic)
        let pair = HeadPair(adapter: names, analytic: head, blend: blend)
        let logits = tokens.indices.map { index in
            pair.logits(adapter: asksAdapter ? adapted[index] : [], analytic: scores[index])
        }
        return (head, blend, logits)
    }

    private func evaluation(_ experience: Int, _ correct: [Bool]) -> SliceEvaluation {
        SliceEvaluation(experience: experience, correct: correct.count { $0 }, total: correct.count)
    }
}
