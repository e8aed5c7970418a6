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
        var candidate: Learner.Candidate
        /// How its answers were blended.
        var blend: Blend
        var verdict: Verdict
        var evaluations: [SliceEvaluation]
        var parentOnNewSlice: SliceEvaluation?
        var untrainedOnNewSlice: SliceEvaluation?
        var answers: [HeldOutAnswer]
        /// Of all slices.
        var correct: [Bool]
    }

    private struct Slice {
        var experience: Int
        var isNew: Bool
        /// Places of its examples.
        var range: Range<Int>
        var parentCorrect: [Bool]?
        /// Share of the commonest label: what guessing reaches.
        var majorityShare: Double
    }

    private let learner: Learner
    private let options: Recipe.GateOptions
    private let head: Recipe.Head
    private let firstLabel: String?
    /// Labels of the parent, which stand first in the candidate too; `nil` when none is new.
    private let knownLabels: Int?
    private let slices: [Slice]
    private let sequences: [Int64]
    private let tokens: [[Int32]]
    private let labels: [String]

    init(learner: Learner, input: Learner.Input) {
        self.learner = learner
        head = input.recipe.head
        options = input.recipe.gate
        firstLabel = input.labels.first
        knownLabels = input.parent.flatMap { $0.labels.count < input.labels.count ? $0.labels.count : nil }
        let all = input.oldSlices + [HeldOutSlice(experience: input.experience, examples: input.newSlice)]
        let examples = all.flatMap(\.examples)
        let tokens = examples.map {
            learner.tokenizer.encode($0.text, maximumLength: input.recipe.maximumLength)
        }
        let correct = input.parent.map { Self.correct($0, learner: learner, input: input, examples, tokens) }
        var start = 0
        slices = all.enumerated().map { index, slice in
            let range = start..<start + slice.examples.count
            start = range.upperBound
            let counts = Dictionary(slice.examples.map { ($0.label, 1) }, uniquingKeysWith: +)
            return Slice(
                experience: slice.experience, isNew: index == all.count - 1, range: range,
                parentCorrect: correct.map { Array($0[range]) },
                majorityShare: Double(counts.values.max() ?? 0) / Double(max(range.count, 1)))
        }
        sequences = examples.map(\.sequence)
        labels = examples.map(\.label)
        self.tokens = tokens
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

    func judge(_ candidate: Learner.Candidate, attempt: Int) -> Judgement {
        let names = candidate.adapter.labels
        let (blend, logits) = answered(candidate)
        func correct(among count: Int) -> [Bool] {
            learner.correct(logits.map { Array($0.prefix(count)) }, names, expected: labels)
        }
        let all = correct(among: names.count)
        let known = knownLabels.map(correct)
        let outcomes = slices.map { slice in
            SliceOutcome(
                experience: slice.experience, isNew: slice.isNew, championCorrect: slice.parentCorrect,
                candidateCorrect: Array(all[slice.range]),
                candidateCorrectAmongKnown: known.map { Array($0[slice.range]) }, majorityShare: slice.majorityShare)
        }
        let new = slices.last
        return Judgement(
            candidate: candidate, blend: blend, verdict: Gate(options).judge(outcomes, attempt: attempt),
            evaluations: outcomes.map { evaluation($0.experience, $0.candidateCorrect) },
            parentOnNewSlice: new.flatMap { new in new.parentCorrect.map { evaluation(new.experience, $0) } },
            // An untrained head scores every label alike, so that the first one wins.
            untrainedOnNewSlice: new.map { new in
                evaluation(new.experience, labels[new.range].map { $0 == firstLabel })
            },
            answers: learner.answers(logits, names, sequences: sequences), correct: all)
    }

    /// The trained candidate where it answers significantly more than what was kept, or alone passes the gate.
    ///
    /// - Parameter allHeld: whether the trained one's sums lack nothing that was learned; without enough held-out examples
    ///   it is then taken, as what was learned from more.
    func better(of kept: Judgement?, _ trained: Judgement, allHeld: Bool) -> Judgement {
        guard let kept, kept.verdict.decision == .promote else { return trained }
        guard trained.verdict.decision == .promote else { return kept }
        guard labels.count >= Blend.minimumExamples else { return allHeld ? trained : kept }
        let loss = PairedComparison(champion: trained.correct, candidate: kept.correct)
        return loss.pValueOfAnyDrop < 1 - options.confidence ? trained : kept
    }

    /// Held-out examples decide how much each head says, among blends that one pass of the encoder answers.
    private func answered(_ candidate: Learner.Candidate) -> (Blend, [[Float]]) {
        let (names, analytic) = (candidate.adapter.labels, candidate.analytic)
        let mayAskAdapter =
            analytic?.isAdapted != false && (candidate.isTrained || labels.count >= Blend.minimumExamples)
        let heads = mayAskAdapter ? head : .analytic
        let asked = HeadPair(
            adapter: names, analytic: analytic,
            blend: Blend(adapter: heads == .analytic ? 0 : 1, analytic: heads == .adapter ? 0 : 1))
        let (outputs, scores) = learner.outputs(candidate.adapter, asked, tokens)
        var blend = Blend.adapterAlone
        if analytic != nil {
            let positions = Dictionary(uniqueKeysWithValues: zip(names, 0...))
            let known = labels.indices.filter { positions[labels[$0]] != nil }
            let alone = HeadPair(adapter: names, analytic: analytic, blend: Blend(adapter: 0, analytic: 1))
            blend = Blend.calibrated(
                adapter: known.map { heads == .analytic ? [] : outputs[$0] },
                analytic: known.map { alone.logits(adapter: [], analytic: scores[$0]) },
                targets: known.map { positions[labels[$0]] ?? 0 }, heads: heads)
        }
        let pair = HeadPair(adapter: names, analytic: analytic, blend: blend)
        return (blend, learner.logits(pair, outputs: outputs, scores: scores, count: tokens.count))
    }

    private func evaluation(_ experience: Int, _ correct: [Bool]) -> SliceEvaluation {
        SliceEvaluation(experience: experience, correct: correct.count { $0 }, total: correct.count)
    }
}
