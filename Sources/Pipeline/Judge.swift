import Adapters
import Evaluation
import Foundation
import Schema
import Store
import Tensors

/// Answers every held-out slice with parent and candidate, and asks the gate. The parent answers once, whatever the
/// number of attempts.
struct Judge {
    struct Judgement {
        var verdict: Verdict
        var evaluations: [SliceEvaluation]
        var parentOnNewSlice: SliceEvaluation?
        var untrainedOnNewSlice: SliceEvaluation?
        var answers: [HeldOutAnswer]
    }

    private struct Slice {
        var experience: Int
        var isNew: Bool
        var sequences: [Int64]
        var tokens: [[Int32]]
        var labels: [String]
        var parentCorrect: [Bool]?

        /// Share of the commonest label: what guessing reaches.
        var majorityShare: Double {
            let counts = Dictionary(labels.map { ($0, 1) }, uniquingKeysWith: +)
            return Double(counts.values.max() ?? 0) / Double(max(labels.count, 1))
        }
    }

    private let learner: Learner
    private let options: Recipe.GateOptions
    private let firstLabel: String?
    /// Labels of the parent, which stand first in the candidate too; `nil` when none is new.
    private let knownLabels: Int?
    private let slices: [Slice]

    init(learner: Learner, input: Learner.Input) {
        self.learner = learner
        options = input.recipe.gate
        firstLabel = input.labels.first
        knownLabels = input.parent.flatMap { $0.labels.count < input.labels.count ? $0.labels.count : nil }
        let old = input.oldSlices.map { ($0.experience, false, $0.examples) }
        slices = (old + [(input.experience, true, input.newSlice)]).map { experience, isNew, examples in
            let tokens = examples.map {
                learner.tokenizer.encode($0.text, maximumLength: input.recipe.maximumLength)
            }
            let labels = examples.map(\.label)
            let correct = input.parent.map { learner.correct($0, tokens: tokens, labels: labels) }
            return Slice(
                experience: experience, isNew: isNew, sequences: examples.map(\.sequence), tokens: tokens,
                labels: labels, parentCorrect: correct)
        }
    }

    func judge(_ candidate: ClassifierAdapter, attempt: Int) -> Judgement {
        var answers: [HeldOutAnswer] = []
        let outcomes = slices.map { slice in
            let logits = learner.logits(candidate, slice.tokens)
            answers += learner.answers(logits, candidate.labels, sequences: slice.sequences)
            func correct(among count: Int) -> [Bool] {
                learner.correct(logits.map { Array($0.prefix(count)) }, candidate.labels, expected: slice.labels)
            }
            return SliceOutcome(
                experience: slice.experience, isNew: slice.isNew, championCorrect: slice.parentCorrect,
                candidateCorrect: correct(among: candidate.labels.count),
                candidateCorrectAmongKnown: knownLabels.map(correct), majorityShare: slice.majorityShare)
        }
        let new = slices.last
        return Judgement(
            verdict: Gate(options).judge(outcomes, attempt: attempt),
            evaluations: outcomes.map { evaluation($0.experience, $0.candidateCorrect) },
            parentOnNewSlice: new.flatMap { new in new.parentCorrect.map { evaluation(new.experience, $0) } },
            // An untrained head scores every label alike, so that the first one wins.
            untrainedOnNewSlice: new.map { new in evaluation(new.experience, new.labels.map { $0 == firstLabel }) },
            answers: answers)
    }

    private func evaluation(_ experience: Int, _ correct: [Bool]) -> SliceEvaluation {
        SliceEvaluation(experience: experience, correct: correct.count { $0 }, total: correct.count)
    }
}

extension Learner {
    /// Whether each text is answered with its label.
    func correct(_ adapter: ClassifierAdapter, tokens: [[Int32]], labels: [String]) -> [Bool] {
        correct(logits(adapter, tokens), adapter.labels, expected: labels)
    }

    func logits(_ adapter: ClassifierAdapter, _ tokens: [[Int32]]) -> [[Float]] {
        Classifier(encoder: encoder).logits(tokens.map { ($0, adapter) }, pool: pool)
    }

    /// The likeliest label of each text, and its probability.
    func answers(_ logits: [[Float]], _ labels: [String], sequences: [Int64]) -> [HeldOutAnswer] {
        zip(logits, sequences).compactMap { logits, sequence in
            topLabels(probabilities(logits), count: 1).first.map {
                HeldOutAnswer(example: sequence, label: labels[$0.index], score: Double($0.score))
            }
        }
    }

    /// Whether the largest of each text's logits is at its label.
    func correct(_ logits: [[Float]], _ labels: [String], expected: [String]) -> [Bool] {
        zip(logits, expected).map { logits, label in
            topLabels(logits, count: 1).first.map { labels[$0.index] == label } ?? false
        }
    }

    /// Whether each example is answered with its label; nothing is, without an adapter.
    public func correct(_ adapter: ClassifierAdapter?, _ examples: [Example]) throws -> [Bool] {
        guard let adapter else { return Array(repeating: false, count: examples.count) }
        let tokens = examples.map { tokenizer.encode($0.text, maximumLength: encoder.maximumPositions) }
        return correct(adapter, tokens: tokens, labels: examples.map(\.label))
    }

    /// The adapter of a directory, checked against its digest and against the base.
    public func loadAdapter(_ digest: String, in directory: URL) throws -> ClassifierAdapter {
        try AdapterStore(directory: directory).load(ContentDigest(digest), for: encoder)
    }

    /// Makes an adapter durable under the digest of its content, which it returns.
    public func write(
        _ adapter: ClassifierAdapter, lineage: AdapterLineage, into directory: URL
    ) throws -> String {
        try AdapterStore(directory: directory).save(AdapterFiles(adapter, lineage: lineage)).description
    }
}
