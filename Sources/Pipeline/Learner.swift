import Adapters
import Evaluation
import Foundation
import Replay
import Schema
import Store
import Tensors
import Tokenizers
import Training
import Transformers

/// One update as a function of its inputs: trains a candidate on new and replayed examples, judges it against its
/// parent on every held-out slice, tries again with more replay when the gate asks, and settles what is remembered.
///
/// The service and the offline stream benchmark learn by this same code.
public struct Learner: Sendable {
    public let base: AdapterLineage.Base
    private(set) var encoder: any TextEncoder
    let tokenizer: Tokenizer
    let pool: WorkerPool
    private let featureCaches: FeatureCaches
    let judging = Stopwatch()

    /// - Parameter featureFiles: where features outlive the process; `nil` keeps them in memory alone.
    public init(
        encoder: any TextEncoder, tokenizer: Tokenizer, base: AdapterLineage.Base, pool: WorkerPool,
        featureFiles: FeatureFiles? = nil
    ) {
        self.encoder = encoder
        self.tokenizer = tokenizer
        self.base = base
        self.pool = pool
        featureCaches = FeatureCaches(files: featureFiles)
    }

    /// One task's part of an update.
    public struct Input: Sendable {
        /// Name of the task; only tasks that share an adapter need one.
        public var task = ""
        public var recipe: Recipe
        public var experience: Int
        /// Of the task, in the order of the head's rows.
        public var labels: [String]
        public var parent: ClassifierAdapter?
        /// What learning begins from where there is no parent; `nil` for an untrained adapter.
        public var start: ClassifierAdapter?
        /// How the parent's answers were blended.
        public var blend = Blend.adapterAlone
        /// The parent's sums; `nil` where it has none yet.
        public var sums: AnalyticSums?
        /// Whether some of their examples came to another task.
        public var sumsAreImported = false
        /// The parent's analytic head, solved from the sums.
        public var analytic: AnalyticHead?
        /// How it was solved; `nil` without sums.
        public var parentFit: AnalyticFit?
        public var schedule = TrainingSchedule()
        /// Whether an adapter is trained although it is not due.
        public var mustTrain = false
        /// By sequence, the label under which a relabelled text is in the sums already.
        public var replaced: [Int64: String] = [:]
        public var memory: ReplayMemory
        public var training: [LedgerExample]
        public var newSlice: [LedgerExample]
        public var oldSlices: [HeldOutSlice]
        /// By sequence, what the parent answered held-out examples with when it was judged; the others it is asked.
        public var parentAnswers: [Int64: HeldOutAnswer] = [:]

        /// With no more held out than the recipe judges by.
        var bounded: Input {
            var input = self
            let new = HeldOutSlice(experience: experience, examples: newSlice)
            var slices = HeldOutLimits(recipe.gate).cut(oldSlices + [new])
            input.newSlice = slices.popLast()?.examples ?? []
            input.oldSlices = slices
            return input
        }
    }

    public struct Result: Sendable {
        public var adapter: ClassifierAdapter
        public var blend: Blend
        /// The sums with the training examples added; `nil` without an analytic head.
        public var sums: AnalyticSums?
        /// Solved from the sums.
        public var analytic: AnalyticHead?
        /// How it was solved.
        public var fit: AnalyticFit
        /// Whether the sums are the parent's with more examples, or were made anew …
        public var keepsSums: Bool
        /// … of everything that the parent's hold.
        public var holdsAll: Bool
        public var schedule: TrainingSchedule
        public var verdict: Verdict
        /// The memory after this experience.
        public var memory: ReplayMemory
        public var replayed: Int
        /// The candidate on every slice, the new one last.
        public var evaluations: [SliceEvaluation]
        public var parentOnNewSlice: SliceEvaluation?
        public var untrainedOnNewSlice: SliceEvaluation?
        /// What the candidate answered every held-out example with.
        public var answers: [HeldOutAnswer]
        /// How often each exemplar was learned again, by sequence number.
        public var rehearsals: [Int64: Int]
        /// New and replayed examples trained on, of all tasks that learned together, and the seconds that took.
        public var trained: Int
        public var trainingSeconds: Double

        public var heldOutCount: Int { evaluations.reduce(0) { $0 + $1.total } }
        /// Over all held-out examples; `nil` when there are none.
        public var accuracy: Double? {
            heldOutCount > 0 ? Double(evaluations.reduce(0) { $0 + $1.correct }) / Double(heldOutCount) : nil
        }
    }

    /// The same learner for one update: screened, learned for several epochs, replayed, judged, no text passes the
    /// layers below the lowest adapted one twice.
    ///
    /// - Parameter inputs: of all tasks that are learned together.
    public func remembering(_ inputs: [Input]) throws -> Learner {
        let options = inputs.lazy.compactMap(\.parent).first?.options ?? inputs[0].recipe.adapter
        let lowest = try AdapterLayout(options: options, labelCount: 0, encoder: encoder).lowestLayer
        var learner = self
        if lowest > 0 { learner.encoder = RememberingEncoder(encoder, layer: lowest) }
        return learner
    }

    /// Spent so far on answering what is held out, solving what answers included.
    public var judgingSeconds: Double { judging.seconds }

    /// Frees what only an update works with, and what the next one has again quickly.
    func rest() {
        pool.emptyScratch()
        encoder.rest()
        RandomProjection.rest()
        BLAS.releaseMemory(threads: pool.count)
        featureCaches.rest()
    }

    /// Writes the features of texts that the next process may ask for.
    func writeFeatures() { featureCaches.write() }

    /// The base model's features.
    func features(_ tokens: [[Int32]]) -> [[Float]] {
        featureCaches.cache(of: nil).features(tokens) { Classifier(encoder: encoder).features($0, pool: pool) }
    }

    /// An adapter's.
    func features(_ tokens: [[Int32]], _ adapter: ClassifierAdapter) -> [[Float]] {
        featureCaches.cache(of: adapter).features(tokens) {
            Classifier(encoder: encoder).features($0, adapter: adapter, pool: pool)
        }
    }

    /// - Throws: `TrainingError` when the loss explodes, `CancellationError` once the monitor was cancelled.
    public func learn(_ input: Input, monitor: UpdateMonitor) throws -> Result {
        try learn([input], monitor: monitor)[0]
    }

    /// One update of all tasks that share an adapter: they are learned in the same batches, each is judged on its own
    /// held-out examples, and either all candidates are promoted or none.
    ///
    /// - Parameter inputs: at least one, all with the same recipe.
    /// - Returns: one for each input, all with the same decision.
    public func learn(_ inputs: [Input], monitor: UpdateMonitor) throws -> [Result] {
        let parts = try inputs.map {
            try UpdatePart(
                learner: self, input: $0.bounded.judged(with: inputs.count), isShared: inputs.count > 1)
        }
        var cycle = UpdateCycle(retries: inputs[0].recipe.gate.retries)
        var action = try cycle.handle(.claimed)
        var effort = Effort()
        while case .train(let attempt, let replayFactor) = action {
            var judgements = try parts[0].kept.map { [try parts[0].judge.judge($0, attempt: attempt)] }
            if judgements.map({ wantsTraining(parts[0].input, after: $0[0]) }) ?? true {
                judgements = try taught(
                    parts, besides: judgements?[0], attempt: attempt, replayFactor: replayFactor, effort: &effort,
                    monitor: monitor)
            }
            if let narrow = judgements?[0], let wider = try widened(narrow.candidate, parts[0].input) {
                var wide = try parts[0].judge.judge(wider, attempt: attempt)
                wide.note = narrow.note
                // What passed the gate is not given up for what does not.
                if wide.verdict.decision == .promote || narrow.verdict.decision != .promote { judgements = [wide] }
            }
            guard let judgements else { break }
            let verdicts = Gate.together(zip(inputs, judgements).map { ($0.task, $1.verdict) })
            _ = try cycle.handle(.trained)
            try monitor.advance(to: .evaluating, progress: 1, replayed: effort.replayed)
            action = try cycle.handle(.judged(verdicts[0]))
            if case .train = action { continue }
            var drawn = effort.rehearsals[...]
            return try parts.indices.map { index in
                let rehearsals = drawn.prefix(parts[index].exemplars.count)
                drawn = drawn.dropFirst(parts[index].exemplars.count)
                return try result(
                    parts[index], judgements[index], verdict: verdicts[index], effort: effort,
                    rehearsals: Array(rehearsals), replayed: parts.count == 1 ? effort.replayed : rehearsals.reduce(0, +))
            }
        }
        throw CancellationError()
    }

    /// What an update's training cost.
    struct Effort {
        var isTrained = false
        var trained = 0
        var seconds = 0.0
        /// Of the last attempt.
        var replayed = 0
        var rehearsals: [Int] = []

        mutating func beginAttempt() {
            replayed = 0
            rehearsals = []
        }

        mutating func add(_ outcome: TrainingOutcome) {
            isTrained = true
            trained += outcome.newExamples + outcome.replayedExamples
            seconds += outcome.trainingSeconds
            replayed += outcome.replayedExamples
            // Of the same exemplars in the same order, each time.
            rehearsals = rehearsals.isEmpty ? outcome.rehearsals : zip(rehearsals, outcome.rehearsals).map(+)
        }
    }

    private func result(
        _ part: UpdatePart, _ judgement: Judge.Judgement, verdict: Verdict, effort: Effort, rehearsals: [Int],
        replayed: Int
    ) throws -> Result {
        let (input, candidate) = (part.input, judgement.candidate)
        var verdict = verdict
        if let note = judgement.note { verdict.reason += "; \(note)" }
        let new = input.training.count
        return Result(
            adapter: candidate.adapter, blend: judgement.blend, sums: candidate.sums, analytic: judgement.analytic,
            fit: candidate.fit, keepsSums: candidate.keepsSums, holdsAll: candidate.holdsAll,
            schedule: input.schedule.adding(new, training: effort.isTrained || input.schedule.isDue(with: new)),
            verdict: verdict,
            memory: try remember(input, learned: candidate.adapter), replayed: replayed,
            evaluations: judgement.evaluations, parentOnNewSlice: judgement.parentOnNewSlice,
            untrainedOnNewSlice: judgement.untrainedOnNewSlice, answers: judgement.answers,
            rehearsals: Dictionary(
                zip(part.exemplars.map(\.sequence), rehearsals), uniquingKeysWith: { first, _ in first }),
            trained: effort.trained, trainingSeconds: effort.seconds)
    }
}

extension Learner.Input {
    /// Labels of which the parent has no example, though it may know their names; none without a parent, whose labels all
    /// are new.
    var newcomers: Newcomers {
        let learned = sums.map { sums in zip(sums.labels, sums.counts).filter { $1 > 0 }.map(\.0) } ?? parent?.labels
        return Newcomers(
            parent == nil ? [] : Set(labels).subtracting(learned ?? []), advantage: Float(recipe.analytic.recency))
    }

    /// To be judged as one of several tasks: each may be refused by chance with an equal part of the allowed error, so that
    /// an update that harms none is refused no more often than one of a single task.
    fileprivate func judged(with count: Int) -> Self {
        var input = self
        input.recipe.gate.confidence = 1 - (1 - recipe.gate.confidence) / Double(count)
        return input
    }
}
