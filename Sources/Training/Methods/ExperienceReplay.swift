import Schema

/// One cross-entropy over new and replayed examples alike.
///
/// Without exemplars it is plain fine-tuning; from a memory that holds the new examples too it is GDumb, or joint
/// training where the memory holds everything.
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
        guard strength > 0 else { return LossTerm.mean(batch.examples) }
        let offsets = LogitAdjustment.offsets(
            labelCount: input.labels.count, newExamples: input.newExamples, replayShares: replayShares,
            ratio: batch.ratio, strength: strength)
        return LossTerm.mean(batch.examples, .crossEntropy(offsets: offsets))
    }
}
