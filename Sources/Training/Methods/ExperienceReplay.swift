import Schema

/// One cross-entropy over new and replayed examples alike.
///
/// Without exemplars it is plain fine-tuning; from a memory that holds the new examples too it is GDumb, or joint
/// training where the memory holds everything. Where several tasks learn together, each example chooses among the labels
/// of its own task, and what makes up for labels shown more often is reckoned within each task.
///
/// - SeeAlso: Chaudhry et al. 2019, On Tiny Episodic Memories in Continual Learning, algorithm 1; Prabhu et al. 2020,
///   GDumb: A Simple Approach that Questions Our Progress in Continual Learning.
struct ExperienceReplay: LearningMethod {
    private let strength: Double
    private let input: Trainer.Input
    private let replayShares: [Double]

    init(_ recipe: Recipe, _ input: Trainer.Input) {
        strength = recipe.optimization.logitAdjustment
        self.input = input
        replayShares = input.exemplars.shares(labelCount: input.labels.count)
    }

    func terms(_ batch: ReplayMixer.Batch) -> [LossTerm] {
        if let heads = input.heads { return terms(batch, heads) }
        guard strength > 0 else { return LossTerm.mean(batch.examples) }
        let offsets = LogitAdjustment.offsets(
            labelCount: input.labels.count, newExamples: input.newExamples, replayShares: replayShares,
            ratio: batch.ratio, strength: strength)
        return LossTerm.mean(batch.examples, .crossEntropy(offsets: offsets))
    }

    private func terms(_ batch: ReplayMixer.Batch, _ heads: TaskHeads) -> [LossTerm] {
        let losses = (0..<heads.count).map { LogitLoss.crossEntropy(offsets: offsets(heads, $0, ratio: batch.ratio)) }
        let total = batch.examples.reduce(0) { $0 + heads.weights[heads.task(of: $1)] }
        return batch.examples.map { example in
            let task = heads.task(of: example)
            return LossTerm(example, losses[task], weight: Float(heads.weights[task] / total))
        }
    }

    /// One task's own, and −∞ for the labels of the others.
    private func offsets(_ heads: TaskHeads, _ task: Int, ratio: Double) -> [Float] {
        let mask = heads.mask(task)
        let new = input.newExamples.filter { heads.task(of: $0) == task }
        guard strength > 0, !new.isEmpty else { return mask }
        let shares = zip(replayShares, heads.tasks).map { $1 == task ? $0 : 0 }
        let share = shares.reduce(0, +)
        let offsets = LogitAdjustment.offsets(
            labelCount: input.labels.count, newExamples: new,
            replayShares: share > 0 ? shares.map { $0 / share } : shares,
            ratio: ratio * share * Double(input.newExamples.count) / Double(new.count), strength: strength)
        return zip(offsets, mask).map { $1 == 0 ? $0 : $1 }
    }
}
