import Adapters
import Schema

/// Every update learns in a low-rank subspace of its own, kept orthogonal to those before it, which stay as they are.
///
/// The adapter's rank grows by the recipe's with each update, up to `subspaces` of them; its last rows of A and columns
/// of B are the newest. The penalty is λ Σ (A_new · A_oldᵀ)² over all earlier subspaces. Rows of the head that an
/// earlier update learned stay as they are too: the paper's models have no head that grows.
///
/// - SeeAlso: Wang et al. 2023, Orthogonal Subspace Learning for Language Model Continual Learning, equations 6 to 8.
package struct OrthogonalLowRank: LearningMethod {
    let options: Recipe.MethodOptions
    /// Of one subspace.
    let rank: Int
    /// Labels whose rows of the head an earlier update learned.
    let knownLabels: Int
    package let correctsGradients = true

    package func prepare(_ input: Trainer.Input, _ context: MethodContext) throws -> Trainer.Input {
        guard let parent = input.parent, parent.layout.rank < rank * options.subspaces else { return input }
        var prepared = input
        prepared.parent = try parent.widening(by: rank, encoder: context.encoder, seed: context.recipe.seed)
        return prepared
    }

    package func terms(_ batch: ReplayMixer.Batch) -> [LossTerm] { LossTerm.mean(batch.new) }

    package func correct(_ gradients: inout [Float], for batch: ReplayMixer.Batch, in step: TrainingStep) {
        guard knownLabels > 0 else { return }
        let layout = step.layout
        let parameters = step.parameters
        for projection in layout.projections {
            Self.addPenalty(
                to: &gradients, at: parameters, a: projection.a, width: projection.inputWidth,
                frozen: layout.rank - rank, strength: Float(options.strength))
            for row in 0..<projection.outputWidth {
                let start = projection.b.lowerBound + row * layout.rank
                for index in start..<start + layout.rank - rank { gradients[index] = 0 }
            }
        }
        let head = layout.headWeight.lowerBound
        for index in head..<head + knownLabels * layout.featureWidth { gradients[index] = 0 }
        for index in layout.headBias.lowerBound..<layout.headBias.lowerBound + knownLabels { gradients[index] = 0 }
    }

    /// 2λ (A_new · A_oldᵀ) · A_old on the rows of A_new, zero on the first `frozen` rows, A_old.
    package static func addPenalty(
        to gradients: inout [Float], at parameters: [Float], a: Range<Int>, width: Int, frozen: Int, strength: Float
    ) {
        for old in stride(from: a.lowerBound, to: a.lowerBound + frozen * width, by: width) {
            for new in stride(from: a.lowerBound + frozen * width, to: a.upperBound, by: width) {
                var overlap: Float = 0
                for column in 0..<width { overlap += parameters[new + column] * parameters[old + column] }
                let scale = 2 * strength * overlap
                for column in 0..<width { gradients[new + column] += scale * parameters[old + column] }
            }
            for column in 0..<width { gradients[old + column] = 0 }
        }
    }
}
