import Adapters
import Evaluation
import Foundation
import Schema
import Store
import Tensors

/// Answers every held-out slice with parent and candidate, and asks the gate. The parent answers once, whatever the
/// number of attempts, and only what it was not judged by itself already.
struct Judge {
    struct Judgement {
        var verdict: Verdict
        var evaluations: [SliceEvaluation]
        var parentOnNewSlice: SliceEvaluation?
        var untrainedOnNewSlice: SliceEvaluation?
        var answers: [HeldOutAnswer]
        /// How the candidate's answers were blended.
        var blend: Blend
    }

    private struct Slice {
        var experience: Int
        var isNew: Bool
        var sequences: [Int64]
        var tokens: [[Int32]]
        var labels: [String]
        var parentCorrect: [Bool]?
        /// Of the candidate's analytic head, `[texts][its labels]`; empty without one.
        var scores: [[Float]]

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
    private let analytic: AnalyticHead?
    private let head: Recipe.Head

    /// - Parameter analytic: the candidate's.
    init(learner: Learner, input: Learner.Input, analytic: AnalyticHead?) throws {
        self.analytic = analytic
        head = input.recipe.head
        let parentHead = try input.sums?.head(input.fit)
        let parent = input.parent.map { ($0, HeadPair(adapter: $0.labels, analytic: parentHead, blend: input.blend)) }
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
            // Both analytic heads see the base model's features: one pass for the two.
            let features = analytic == nil && parentHead == nil ? [] : learner.features(tokens)
            let correct = parent.map { adapter, heads in
                var correct = examples.map { input.parentAnswers[$0.sequence]?.label == $0.label }
                let unknown = examples.indices.filter { input.parentAnswers[examples[$0].sequence] == nil }
                let scores = parentHead?.scores(features.isEmpty ? [] : unknown.map { features[$0] }) ?? []
                let answered = learner.correct(
                    learner.logits(adapter, heads, unknown.map { tokens[$0] }, scores: scores), heads.labels,
                    expected: unknown.map { labels[$0] })
                for (index, isCorrect) in zip(unknown, answered) { correct[index] = isCorrect }
                return correct
            }
            return Slice(
                experience: experience, isNew: isNew, sequences: examples.map(\.sequence), tokens: tokens,
                labels: labels, parentCorrect: correct, scores: analytic?.scores(features) ?? [])
        }
    }

    func judge(_ candidate: ClassifierAdapter, attempt: Int) -> Judgement {
        let outputs = slices.map { learner.outputs(candidate, $0.tokens, needed: head != .analytic) }
        let blend = calibrated(candidate.labels, outputs)
        let heads = HeadPair(adapter: candidate.labels, analytic: analytic, blend: blend)
        var answers: [HeldOutAnswer] = []
        let outcomes = slices.enumerated().map { index, slice in
            let logits = learner.logits(heads, outputs: outputs[index], scores: slice.scores)
            answers += learner.answers(logits, heads.labels, sequences: slice.sequences)
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
            answers: answers, blend: blend)
    }

    /// Held-out examples decide how much each head says.
    private func calibrated(_ labels: [String], _ outputs: [[[Float]]]) -> Blend {
        guard let analytic else { return .adapterAlone }
        let positions = Dictionary(uniqueKeysWithValues: zip(labels, 0...))
        let alone = HeadPair(adapter: labels, analytic: analytic, blend: Blend(adapter: 0, analytic: 1))
        let known = slices.indices.flatMap { slice in
            slices[slice].labels.enumerated().compactMap { index, label in
                positions[label].map { position in
                    let scores = alone.logits(adapter: [], analytic: slices[slice].scores[index])
                    return (outputs[slice][index], scores, position)
                }
            }
        }
        return Blend.calibrated(
            adapter: known.map(\.0), analytic: known.map(\.1), targets: known.map(\.2), heads: head)
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

    /// The adapter's logits, or zeros where it is not asked.
    func outputs(_ adapter: ClassifierAdapter, _ tokens: [[Int32]], needed: Bool) -> [[Float]] {
        needed
            ? logits(adapter, tokens)
            : tokens.map { _ in [Float](repeating: 0, count: adapter.labels.count) }
    }

    /// Blended, over the labels of the pair; in training both heads know the same ones.
    ///
    /// - Parameter scores: of the analytic head, in the order of its own labels; empty without one.
    func logits(
        _ adapter: ClassifierAdapter, _ heads: HeadPair, _ tokens: [[Int32]], scores: [[Float]]
    ) -> [[Float]] {
        logits(heads, outputs: outputs(adapter, tokens, needed: heads.needsAdapter), scores: scores)
    }

    func logits(_ heads: HeadPair, outputs: [[Float]], scores: [[Float]]) -> [[Float]] {
        outputs.enumerated().map { index, output in
            heads.logits(adapter: output, analytic: scores.isEmpty ? [] : scores[index])
        }
    }

    /// Whether the largest of each text's logits is at its label.
    func correct(_ logits: [[Float]], _ labels: [String], expected: [String]) -> [Bool] {
        zip(logits, expected).map { logits, label in
            topLabels(logits, count: 1).first.map { labels[$0.index] == label } ?? false
        }
    }

    /// Whether each example is answered with its label; nothing is, without an adapter.
    ///
    /// - Parameter analytic: the head beside it.
    public func correct(
        _ adapter: ClassifierAdapter?, analytic: AnalyticHead? = nil, blend: Blend = .adapterAlone,
        _ examples: [Example]
    ) throws -> [Bool] {
        guard let adapter else { return Array(repeating: false, count: examples.count) }
        let tokens = examples.map { tokenizer.encode($0.text, maximumLength: encoder.maximumPositions) }
        let heads = HeadPair(adapter: adapter.labels, analytic: analytic, blend: blend)
        let scores = heads.needsAnalytic ? analytic?.scores(features(tokens)) ?? [] : []
        return correct(logits(adapter, heads, tokens, scores: scores), heads.labels, expected: examples.map(\.label))
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
