/// Experience replay in which new examples choose among the labels of their own batch only.
///
/// The gradient of new examples then does not push old labels' rows down; exemplars, among which some of the new
/// examples are already, do the telling apart.
///
/// - SeeAlso: Caccia et al. 2022, New Insights on Reducing Abrupt Representation Change in Online Continual Learning,
///   section 4.1: L(new; labels of the batch) + L(replayed; all labels), each the mean over its examples.
struct AsymmetricReplay: LearningMethod {
    let labelCount: Int
    /// Whether anything is replayed in the update. Without a memory nothing else tells old labels from new ones.
    let hasMemory: Bool

    func terms(_ batch: ReplayMixer.Batch) -> [LossTerm] {
        // A batch that happens to replay nothing pushes old labels down no more than others.
        guard hasMemory else { return LossTerm.mean(batch.new) }
        var offsets = [Float](repeating: -.infinity, count: labelCount)
        for example in batch.new { offsets[example.label] = 0 }
        return LossTerm.mean(batch.new, .crossEntropy(offsets: offsets)) + LossTerm.mean(batch.replayed)
    }
}
