import Adapters
import Foundation
import Schema
import Tensors
import Transformers

/// Turns one update's new examples and replayed exemplars into a successor of an adapter.
///
/// The successor is a function of the input, the recipe and the base model; its bytes are the same on every run with
/// the same number of threads. Memory and time do not depend on how much was learned before.
public struct Trainer: Sendable {
    public struct Input: Sendable {
        /// The adapter to go on from; `nil` starts a new one.
        public var parent: ClassifierAdapter?
        /// All labels, the parent's first and in their order.
        public var labels: [String]
        public var newExamples: [TokenizedExample]
        public var exemplars: ExemplarPool
        /// The update's own held-out part, never learned; used to stop early and to keep the best epoch.
        public var heldOut: [TokenizedExample]

        public init(
            parent: ClassifierAdapter?, labels: [String], newExamples: [TokenizedExample],
            exemplars: ExemplarPool = ExemplarPool([], sampling: .uniform), heldOut: [TokenizedExample] = []
        ) {
            self.parent = parent
            self.labels = labels
            self.newExamples = newExamples
            self.exemplars = exemplars
            self.heldOut = heldOut
        }
    }

    public let encoder: any TextEncoder
    public let recipe: Recipe
    private let pool: WorkerPool

    /// Where the time of training went so far; empty unless the trainer profiles.
    public var profile: OperationProfile { pool.profile }

    /// Starts `recipe.threads` threads, which live as long as the trainer.
    ///
    /// - Parameter profiling: note the time of every operation.
    /// - Throws: ``TrainingError/invalidOption(field:value:expected:)``, `AdapterError.invalidOption`.
    public init(encoder: any TextEncoder, recipe: Recipe, profiling: Bool = false) throws {
        try recipe.validateForTraining()
        self.encoder = encoder
        self.recipe = recipe
        pool = WorkerPool(count: recipe.threads, profiling: profiling)
    }

    /// Trains. Blocks the calling thread, which does a share of the work.
    ///
    /// - Parameter progress: called after each step; `false` cancels.
    /// - Throws: ``TrainingError``; `AdapterError` where the labels do not extend the parent's.
    public func run(_ input: Input, progress: (TrainingProgress) -> Bool = { _ in true }) throws -> TrainingOutcome {
        try validate(input)
        var run = try Run(self, input)
        return try run.train(progress)
    }

    /// Accuracy and mean loss of an adapter on labelled examples.
    public func score(_ adapter: ClassifierAdapter, on examples: [TokenizedExample]) -> EarlyStopping.Score {
        let logits = Classifier(encoder: encoder).logits(examples.map { ($0.ids, adapter) }, pool: pool)
        var (correct, loss) = (0, 0.0)
        for (example, logits) in zip(examples, logits) {
            let probabilities = probabilities(logits)
            if topLabels(probabilities, count: 1).first?.index == example.label { correct += 1 }
            loss -= log(max(Double(probabilities[example.label]), Double(Float.leastNormalMagnitude)))
        }
        let count = Double(max(examples.count, 1))
        return EarlyStopping.Score(accuracy: Double(correct) / count, loss: loss / count)
    }

    private func validate(_ input: Input) throws(TrainingError) {
        guard !input.newExamples.isEmpty else { throw .noExamples }
        for (position, example) in (input.newExamples + input.exemplars.all + input.heldOut).enumerated() {
            guard input.labels.indices.contains(example.label) else {
                throw .unknownLabel(index: example.label, labels: input.labels.count)
            }
            guard !example.ids.isEmpty else { throw .emptyText(position: position) }
            guard example.ids.count <= encoder.maximumPositions else {
                throw .textTooLong(
                    position: position, tokens: example.ids.count, maximum: encoder.maximumPositions)
            }
        }
    }

    /// State of one run.
    private struct Run {
        let trainer: Trainer
        let input: Input
        let mixer: ReplayMixer
        let epochs: Int
        let schedule: LearningRateSchedule
        let step: TrainingStep
        var exemplars: ExemplarPool
        var generator: SeededGenerator
        var watchdog: LossWatchdog
        var stopping: EarlyStopping
        var outcome: TrainingOutcome
        let clock = ContinuousClock()

        init(_ trainer: Trainer, _ input: Input) throws {
            let (recipe, encoder) = (trainer.recipe, trainer.encoder)
            self.trainer = trainer
            self.input = input
            let parent =
                try input.parent
                ?? ClassifierAdapter(
                    options: recipe.adapter, labels: [], encoder: encoder, seed: recipe.seed)
            let start = try HeadInitialization.grow(
                parent, to: input.labels, examples: input.newExamples, encoder: encoder, pool: trainer.pool)
            mixer = ReplayMixer(
                newExamples: input.newExamples, batchSize: recipe.optimization.batchSize, ratio: recipe.replay.ratio)
            let options = recipe.optimization
            // Rounded up to whole epochs.
            let least = (options.minimumSteps + mixer.batchesPerEpoch - 1) / mixer.batchesPerEpoch
            epochs = max(options.epochs, least)
            schedule = LearningRateSchedule(
                shape: options.schedule, peak: options.learningRate, warmupSteps: options.warmupSteps,
                totalSteps: epochs * mixer.batchesPerEpoch)
            step = TrainingStep(
                adapter: start, encoder: encoder, options: options, seed: recipe.seed, pool: trainer.pool,
                logitOffsets: LogitAdjustment.offsets(
                    labelCount: input.labels.count, newExamples: input.newExamples,
                    replayShares: input.exemplars.shares(labelCount: input.labels.count),
                    ratio: recipe.replay.ratio, strength: options.logitAdjustment))
            exemplars = input.exemplars
            generator = SeededGenerator(seed: recipe.seed, stream: 2)
            watchdog = LossWatchdog(labelCount: input.labels.count)
            stopping = EarlyStopping(patience: options.patience)
            outcome = TrainingOutcome(adapter: start)
        }

        mutating func train(_ progress: (TrainingProgress) -> Bool) throws -> TrainingOutcome {
            let start = clock.now
            for epoch in 1...epochs {
                try learn(epoch, progress)
                if try judge(epoch) == .stop {
                    outcome.stoppedEarly = epoch < epochs
                    break
                }
            }
            outcome.seconds = (clock.now - start) / .seconds(1)
            outcome.rehearsals = exemplars.drawCounts
            return outcome
        }

        private mutating func learn(_ epoch: Int, _ progress: (TrainingProgress) -> Bool) throws {
            let start = clock.now
            let secondsBefore = outcome.trainingSeconds
            let batches = mixer.epoch(replaying: &exemplars, using: &generator)
            var sum: Float = 0
            for batch in batches {
                outcome.steps += 1
                let result = try step.learn(batch.examples, learningRate: schedule.rate(at: outcome.steps)) {
                    try watchdog.observe(loss: $0.loss, gradientNorm: $0.gradientNorm)
                }
                sum += result.loss
                outcome.tokens += result.tokens
                outcome.newExamples += batch.newCount
                outcome.replayedExamples += batch.replayedCount
                outcome.trainingSeconds = secondsBefore + (clock.now - start) / .seconds(1)
                let state = TrainingProgress(
                    epoch: epoch, epochs: epochs, step: outcome.steps,
                    steps: schedule.totalSteps, loss: result.loss, newExamples: outcome.newExamples,
                    replayedExamples: outcome.replayedExamples, examplesPerSecond: outcome.examplesPerSecond)
                guard progress(state) else { throw TrainingError.cancelled(step: outcome.steps) }
            }
            outcome.losses.append(sum / Float(batches.count))
        }

        /// Keeps the epoch's weights if they are the best so far; without a held-out part, the last are.
        private mutating func judge(_ epoch: Int) throws -> EarlyStopping.Decision {
            let candidate = step.snapshot()
            guard !input.heldOut.isEmpty else {
                outcome.adapter = candidate
                outcome.epoch = epoch
                return .improved
            }
            let score = trainer.score(candidate, on: input.heldOut)
            outcome.heldOut.append(score)
            let decision = stopping.observe(score)
            if decision == .improved {
                outcome.adapter = candidate
                outcome.epoch = epoch
            }
            return decision
        }
    }
}

extension TrainingOutcome {
    /// Of an adapter that was not trained.
    public init(adapter: ClassifierAdapter) {
        self.init(
            adapter: adapter, losses: [], heldOut: [], epoch: 0, stoppedEarly: false, steps: 0, newExamples: 0,
            replayedExamples: 0, tokens: 0, trainingSeconds: 0, seconds: 0)
    }
}
