/// New examples' gradient, without its part that would raise the loss on exemplars.
///
/// - SeeAlso: Chaudhry et al. 2019, Efficient Lifelong Learning with A-GEM, equation 11:
///   g − (gᵀg′ / g′ᵀg′)·g′ where gᵀg′ < 0, g′ the gradient of a batch from the memory.
package struct AveragedGradientMemory: LearningMethod {
    package let correctsGradients = true

    package func terms(_ batch: ReplayMixer.Batch) -> [LossTerm] { LossTerm.mean(batch.new) }

    package func correct(_ gradients: inout [Float], for batch: ReplayMixer.Batch, in step: TrainingStep) {
        guard batch.replayedCount > 0 else { return }
        Self.project(&gradients, against: step.gradients(of: LossTerm.mean(batch.replayed)).gradients)
    }

    package static func project(_ gradients: inout [Float], against reference: [Float]) {
        var (product, norm) = (0.0, 0.0)
        for (gradient, reference) in zip(gradients, reference) {
            product += Double(gradient) * Double(reference)
            norm += Double(reference) * Double(reference)
        }
        guard product < 0, norm > 0 else { return }
        let scale = Float(product / norm)
        for index in gradients.indices { gradients[index] -= scale * reference[index] }
    }
}
