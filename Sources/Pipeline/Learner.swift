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
    let baseFeatures = FeatureCache()

    public init(encoder: any TextEncoder, tokenizer: Tokenizer, base: AdapterLineage.Base, pool: WorkerPool) {
        self.encoder = encoder
        self.tokenizer = tokenizer
        self.base = base
        self.pool = pool
    }

    public struct Input: Sendable {
        public var recipe: Recipe
        public var experience: Int
        /// Of the task, in the order of the head's rows.
        public var labels: [String]
        public var parent: ClassifierAdapter?
        /// How the parent's answers were blended.
        public var blend = Blend.adapterAlone
        /// The parent's sums; `nil` where it has none yet.
        public var sums: AnalyticSums?
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
        /// New and replayed examples trained on, and the seconds that took.
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
    public func remembering(_ input: Input) throws -> Learner {
        let options = input.parent?.options ?? input.recipe.adapter
        let lowest = try AdapterLayout(options: options, labelCount: 0, encoder: encoder).lowestLayer
        var learner = self
        if lowest > 0 { learner.encoder = RememberingEncoder(encoder, layer: lowest) }
        return learner
    }

    /// - Throws: `TrainingError` when the loss explodes, `CancellationError` once the monitor was cancelled.
    public func learn(_ input: Input, monitor: UpdateMonitor) throws -> Result {
        let input = input.bounded
        var cycle = UpdateCycle(retries: input.recipe.gate.retries)
        var action = try cycle.handle(.claimed)
        let judge = Judge(learner: self, input: input)
        let kept = try keep(input)
        let replayed = input.recipe.method.replaysNew ? try remember(input) : input.memory
        let exemplars = try replayed.exemplars().filter { input.labels.contains($0.label) }
        var effort = Effort()
        while case .train(let attempt, let replayFactor) = action {
            var judgement = try kept.map { try judge.judge($0, attempt: attempt) }
            if judgement.map({ wantsTraining(input, after: $0) }) ?? true {
                let outcome = try train(
                    input, exemplars: exemplars, attempt: attempt, replayFactor: replayFactor, monitor: monitor)
                effort.add(outcome)
                try monitor.advance(to: .evaluating, progress: 0.95, replayed: outcome.replayedExamples)
                let trained = try judge.judge(candidate(outcome, input), attempt: attempt)
                judgement = judge.better(of: judgement, trained)
            }
            guard let judgement else { break }
            _ = try cycle.handle(.trained)
            try monitor.advance(to: .evaluating, progress: 1, replayed: effort.replayed)
            action = try cycle.handle(.judged(judgement.verdict))
            switch action {
            case .promote(let final), .reject(let final):
                return try result(input, judgement, verdict: final, exemplars: exemplars, effort: effort)
            default: continue
            }
        }
        throw CancellationError()
    }

    /// What an update's training cost.
    private struct Effort {
        var isTrained = false
        var trained = 0
        var seconds = 0.0
        /// Of the last attempt.
        var replayed = 0
        var rehearsals: [Int] = []

        mutating func add(_ outcome: TrainingOutcome) {
            isTrained = true
            trained += outcome.newExamples + outcome.replayedExamples
            seconds += outcome.trainingSeconds
            replayed = outcome.replayedExamples
            rehearsals = outcome.rehearsals
        }
    }

    private func result(
        _ input: Input, _ judgement: Judge.Judgement, verdict: Verdict, exemplars: [Exemplar], effort: Effort
    ) throws -> Result {
        let candidate = judgement.candidate
        return Result(
            adapter: candidate.adapter, blend: judgement.blend, sums: candidate.sums, analytic: judgement.analytic,
            fit: candidate.fit, keepsSums: candidate.keepsSums, holdsAll: candidate.holdsAll,
            schedule: input.schedule.adding(input.training.count, training: effort.isTrained), verdict: verdict,
            memory: try remember(input, learned: candidate.adapter), replayed: effort.replayed,
            evaluations: judgement.evaluations, parentOnNewSlice: judgement.parentOnNewSlice,
            untrainedOnNewSlice: judgement.untrainedOnNewSlice, answers: judgement.answers,
            rehearsals: Dictionary(
                zip(exemplars.map(\.sequence), effort.rehearsals), uniquingKeysWith: { first, _ in first }),
            trained: effort.trained, trainingSeconds: effort.seconds)
    }
}
