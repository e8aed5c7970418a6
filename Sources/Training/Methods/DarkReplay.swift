import Schema

/// Experience replay that also pulls exemplars' logits to what was answered when they were stored.
///
/// Of a batch's replayed examples one half is drawn for its logits, the other for its labels. Logits stored before a
/// label was known say nothing about it, so only those of their time are compared.
///
/// - SeeAlso: Buzzega et al. 2020, Dark Experience for General Continual Learning, algorithm 2:
///   L(new) + α·mean‖h(x′) − z′‖² + β·L(x″, y″). There logits are stored while learning; here when an update ends.
struct DarkReplay: LearningMethod {
    private let logitWeight: Float
    private let labelWeight: Float

    init(_ options: Recipe.MethodOptions) {
        logitWeight = Float(options.strength)
        labelWeight = Float(options.labelStrength)
    }

    func terms(_ batch: ReplayMixer.Batch) -> [LossTerm] {
        let half = batch.replayedCount / 2
        let matched = batch.replayed.prefix(half)
        let labelled = batch.replayed.dropFirst(half)
        return LossTerm.mean(batch.new)
            + matched.map { LossTerm($0, .matching($0.logits), weight: logitWeight / Float(matched.count)) }
            + labelled.map {
                LossTerm($0, .crossEntropy(offsets: []), weight: labelWeight / Float(labelled.count))
            }
    }
}
