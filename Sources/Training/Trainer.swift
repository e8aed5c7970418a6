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
        /// Held-out examples of what was learned before, by which an adaptive share measures forgetting.
        public var probe: [TokenizedExample]
        /// The task of each label, where several tasks learn together; `nil` for one task.
        public var heads: TaskHeads?

        public init(
            parent: ClassifierAdapter?, labels: [String], newExamples: [TokenizedExample],
            exemplars: ExemplarPool = ExemplarPool([], sampling: .uniform), heldOut: [TokenizedExample] = [],
            probe: [TokenizedExample] = [], heads: TaskHeads? = nil
        ) {
            self.parent = parent
            self.labels = labels
            self.newExamples = newExamples
            self.exemplars = exemplars
            self.heldOut = heldOut
            self.probe = probe
            self.heads = heads
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
    /// - Throws: ``TrainingError/invalidRecipe(_:)``.
    public init(encoder: any TextEncoder, recipe: Recipe, profiling: Bool = false) throws {
        if let problem = recipe.problem { throw TrainingError.invalidRecipe(problem) }
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
        var input = input
        if let heads = input.heads {
            var generator = SeededGenerator(seed: recipe.seed, stream: 4)
            input.newExamples = heads.epoch(
                of: input.newExamples, temperature: recipe.sharing.temperature, using: &generator)
        }
        if recipe.replay.sampling == .lossWeighted, let parent = input.parent, !input.exemplars.isEmpty {
            input.exemplars = try weighted(input.exemplars, by: parent, input)
        }
        let context = MethodContext(recipe: recipe, encoder: encoder, pool: pool)
        let method = recipe.learningMethod(input)
        let prepared = try method.prepare(input, context)
        var run = try Run(self, prepared, method)
        var outcome = try run.train(progress)
        let carried = try method.carried(by: outcome.adapter, after: prepared, context)
        if !(carried.isEmpty && outcome.adapter.carried.isEmpty) {
            outcome.adapter = outcome.adapter.carrying(carried)
        }
        return outcome
    }

    /// Exemplars to be drawn in proportion to the loss they have now.
    private func weighted(
        _ exemplars: ExemplarPool, by parent: ClassifierAdapter, _ input: Input
    ) throws -> ExemplarPool {
        let grown = try parent.growing(to: input.labels, encoder: encoder)
        let losses = losses(exemplars.all, of: grown, heads: input.heads)
        let balanced = input.heads?.balanced(
            losses, of: exemplars.all, temperature: recipe.sharing.temperature)
        return ExemplarPool(exemplars.all, weights: balanced ?? losses)
    }

    /// Accuracy and mean loss of an adapter on labelled examples.
    ///
    /// - Parameter heads: where the adapter is that of several tasks; each example is answered by its own.
    public func score(
        _ adapter: ClassifierAdapter, on examples: [TokenizedExample], heads: TaskHeads? = nil
    ) -> EarlyStopping.Score {
        var (correct, loss) = (0, 0.0)
        for (example, probabilities) in zip(examples, answers(examples, of: adapter, heads)) {
            if topLabels(probabilities, count: 1).first?.index == example.label { correct += 1 }
            loss += Self.loss(probabilities, label: example.label)
        }
        let count = Double(max(examples.count, 1))
        return EarlyStopping.Score(accuracy: Double(correct) / count, loss: loss / count)
    }

    /// Cross-entropy of an adapter on each of some labelled examples.
    public func losses(
        _ examples: [TokenizedExample], of adapter: ClassifierAdapter, heads: TaskHeads? = nil
    ) -> [Double] {
        zip(examples, answers(examples, of: adapter, heads)).map { Self.loss($1, label: $0.label) }
    }

    private func answers(
        _ examples: [TokenizedExample], of adapter: ClassifierAdapter, _ heads: TaskHeads?
    ) -> [[Float]] {
        let logits = Classifier(encoder: encoder).logits(examples.map { ($0.ids, adapter) }, pool: pool)
        return zip(examples, logits).map { probabilities(heads?.masked($1, for: $0) ?? $1) }
    }

    private static func loss(_ probabilities: [Float], label: Int) -> Double {
        -log(max(Double(probabilities[label]), Double(Float.leastNormalMagnitude)))
    }

    private func validate(_ input: Input) throws(TrainingError) {
        guard !input.newExamples.isEmpty else { throw .noExamples }
        if let heads = input.heads {
            precondition(heads.tasks.count == input.labels.count, "every label needs a task")
            if let problem = recipe.sharingProblem { throw .invalidRecipe(problem) }
        }
        for (position, example) in (input.newExamples + input.exemplars.all + input.heldOut + input.probe)
            .enumerated()
        {
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
        let method: any LearningMethod
        var mixer: ReplayMixer
        /// `nil` where the share is the recipe's throughout.
        let share: ReplayShare?
        var ratio: Double
        /// What of interfered exemplars previous batches were owed and did not get.
        var interferedOwed = 0.0
        /// Accuracy on the probe before the first step.
        let probed: Double
        let epochs: Int
        let schedule: LearningRateSchedule
        let step: TrainingStep
        let conflicts: GradientConflicts
        var exemplars: ExemplarPool
        var generator: SeededGenerator
        var watchdog: LossWatchdog
        var stopping: EarlyStopping
        var outcome: TrainingOutcome
        let clock = ContinuousClock()

        init(_ trainer: Trainer, _ input: Input, _ method: any LearningMethod) throws {
            let (recipe, encoder) = (trainer.recipe, trainer.encoder)
            self.trainer = trainer
            self.input = input
            self.method = method
            let parent =
                try input.parent
                ?? ClassifierAdapter(
                    options: recipe.adapter, labels: [], encoder: encoder, seed: recipe.seed)
            let grown =
                recipe.optimization.imprint
                ? try HeadInitialization.grow(
                    parent, to: input.labels, examples: input.newExamples, encoder: encoder, pool: trainer.pool)
                : try parent.growing(to: input.labels, encoder: encoder)
            let start = try grown.dropping(recipe.adapter.dropout)
            mixer = ReplayMixer(newExamples: input.newExamples, batchSize: recipe.optimization.batchSize)
            share =
                recipe.replay.adaptive && !input.probe.isEmpty && !input.exemplars.isEmpty
                ? ReplayShare(
                    ceiling: recipe.replay.ratio, tolerance: recipe.gate.tolerance,
                    newExamples: input.newExamples.count, labels: Set(input.exemplars.all.map(\.label)).count)
                : nil
            ratio = share?.ratio(forgetting: 0) ?? recipe.replay.ratio
            probed = share == nil ? 0 : trainer.score(start, on: input.probe, heads: input.heads).accuracy
            let options = recipe.optimization
            // A batch of several tasks teaches each a part of what one of its own would.
            let tasks = input.heads.map { heads in Set(input.newExamples.map(heads.task)).count } ?? 1
            // Rounded to whole epochs.
            let least = (options.minimumSteps * tasks + mixer.batchesPerEpoch / 2) / mixer.batchesPerEpoch
            epochs = max(options.epochs, least)
            schedule = LearningRateSchedule(
                shape: options.schedule, peak: options.learningRate, warmupSteps: options.warmupSteps,
                totalSteps: epochs * mixer.batchesPerEpoch)
            step = TrainingStep(
                adapter: start, encoder: encoder, options: options, seed: recipe.seed, pool: trainer.pool)
            conflicts = GradientConflicts(
                recipe.sharing.conflicts, sharedCount: start.layout.headWeight.lowerBound)
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
            let batches = mixer.epoch(using: &generator)
            var sum: Float = 0
            for new in batches {
                outcome.steps += 1
                let batch = compose(new)
                let result = try learn(batch)
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

        private mutating func learn(_ batch: ReplayMixer.Batch) throws -> TrainingStep.Result {
            let (terms, rate) = (method.terms(batch), schedule.rate(at: outcome.steps))
            if let heads = input.heads, conflicts.treatment != .sum {
                let parts = Dictionary(grouping: terms) { heads.task(of: $0.example) }
                    .sorted { $0.key < $1.key }.map(\.value)
                return try step.learn(
                    parts, learningRate: rate, combine: { conflicts.combine($0, using: &generator) },
                    watch: { try watchdog.observe(loss: $0.loss, gradientNorm: $0.gradientNorm) })
            }
            let correct: ((inout [Float]) -> Void)? =
                method.correctsGradients ? { [method, step] in method.correct(&$0, for: batch, in: step) } : nil
            return try step.learn(
                terms, learningRate: rate, correct: correct,
                watch: { try watchdog.observe(loss: $0.loss, gradientNorm: $0.gradientNorm) })
        }

        /// New examples and what is replayed with them.
        private mutating func compose(_ new: ArraySlice<TokenizedExample>) -> ReplayMixer.Batch {
            if let share, outcome.steps > 1, (outcome.steps - 1) % max(schedule.totalSteps / Self.probes, 1) == 0 {
                let accuracy = trainer.score(step.snapshot(), on: input.probe, heads: input.heads).accuracy
                ratio = share.ratio(forgetting: probed - accuracy)
            }
            let options = trainer.recipe.replay
            guard options.sampling == .interfered else {
                return mixer.batch(new, ratio: ratio, replaying: &exemplars, using: &generator)
            }
            let factor = Double(options.candidates)
            var batch = mixer.batch(new, ratio: ratio * factor, replaying: &exemplars, using: &generator)
            batch.ratio = ratio
            interferedOwed += Double(batch.replayedCount) / factor
            let count = min(Int(interferedOwed.rounded()), batch.replayedCount)
            interferedOwed -= Double(count)
            let alone = ReplayMixer.Batch(examples: Array(new), newCount: new.count, ratio: ratio)
            let candidates = Array(batch.replayed)
            let chosen = step.mostInterfered(
                candidates, by: method.terms(alone), learningRate: schedule.rate(at: outcome.steps), count: count
            ) { trainer.losses($0, of: $1, heads: input.heads) }
            exemplars.use(chosen)
            batch.examples = new + chosen.map { candidates[$0] }
            return batch
        }

        /// Measurements of forgetting in an update.
        private static let probes = 8

        /// Keeps the epoch's weights if they are the best so far; without a held-out part, the last are.
        private mutating func judge(_ epoch: Int) throws -> EarlyStopping.Decision {
            let candidate = step.snapshot()
            guard !input.heldOut.isEmpty else {
                outcome.adapter = candidate
                outcome.epoch = epoch
                return .improved
            }
            let score = trainer.score(candidate, on: input.heldOut, heads: input.heads)
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
