import Adapters
import Foundation

/// Constant offsets to the logits in training, against batches that show labels more or less often than they occur.
///
/// Where an update brings new labels, half of every batch is theirs and all old labels share the rest, so plain
/// cross-entropy learns that old labels are rare. With log(shown / expected) added to each label's logit while
/// learning, the logits themselves come out as if every label had been shown as often as expected. Expected is: old
/// labels evenly; labels of the new examples as often as they came, moved towards evenly by the replayed share of a
/// batch. An update without replay and with examples of every label is left as it is.
///
/// - SeeAlso: Menon et al. 2021, Long-tail learning via logit adjustment, section 4.2; Ren et al. 2020, Balanced
///   meta-softmax.
package enum LogitAdjustment {
    /// Share of a label that is never shown: its logit is left almost alone.
    private static let leastShare = 1e-6

    /// - Parameters:
    ///   - replayShares: for each label, its share of the replayed examples.
    ///   - ratio: replayed examples for each new one.
    ///   - strength: multiplies the offsets; 0 is plain cross-entropy.
    /// - Returns: one offset for each label.
    package static func offsets(
        labelCount: Int, newExamples: [TokenizedExample], replayShares: [Double], ratio: Double, strength: Double
    ) -> [Float] {
        var counts = [Double](repeating: 0, count: labelCount)
        for example in newExamples { counts[example.label] += 1 }
        let total = Double(newExamples.count)
        let mean = total / Double(max(counts.count { $0 > 0 }, 1))
        let replayed = replayShares.contains { $0 > 0 } ? ratio : 0
        let newShare = 1 / (1 + replayed)
        return counts.indices.map { label in
            let shown = newShare * counts[label] / total + (1 - newShare) * replayShares[label]
            let expected = counts[label] > 0 ? newShare * counts[label] + (1 - newShare) * mean : mean
            return Float(strength * log(max(shown, leastShare) / expected))
        }
    }
}
