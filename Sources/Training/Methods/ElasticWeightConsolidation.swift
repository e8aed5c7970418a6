import Adapters
import Schema

/// Parameters that mattered to what was learned before are held where the champion has them.
///
/// The penalty is λ/2 Σ F·(θ − θ*)², with θ* the champion's parameters and F the diagonal of the Fisher information,
/// carried from update to update as γ·F_old + F_new: one number a parameter, however many updates. Rows of new labels
/// have no information yet and are free.
///
/// - SeeAlso: Kirkpatrick et al. 2017, Overcoming catastrophic forgetting in neural networks, equation 3; Schwarz et
///   al. 2018, Progress & Compress, section 3, for the online form.
package struct ElasticWeightConsolidation: LearningMethod {
    static let fisher = "fisher"
    let options: Recipe.MethodOptions
    package let correctsGradients = true
    /// Texts the Fisher information is estimated on, at most.
    private static let sampleSize = 256

    package func terms(_ batch: ReplayMixer.Batch) -> [LossTerm] { LossTerm.mean(batch.new) }

    package func correct(_ gradients: inout [Float], for batch: ReplayMixer.Batch, in step: TrainingStep) {
        guard let fisher = step.start.carried[Self.fisher] else { return }
        Self.addPenalty(
            to: &gradients, at: step.parameters, anchor: step.start.parameters[0..<gradients.count], fisher: fisher,
            strength: Float(options.strength))
    }

    package static func addPenalty(
        to gradients: inout [Float], at parameters: [Float], anchor: [Float], fisher: [Float], strength: Float
    ) {
        for index in gradients.indices {
            gradients[index] += strength * fisher[index] * (parameters[index] - anchor[index])
        }
    }

    package func carried(
        by adapter: ClassifierAdapter, after input: Trainer.Input, _ context: MethodContext
    ) throws -> [String: [Float]] {
        var information = try Self.information(of: adapter, on: input.newExamples, context)
        if let old = adapter.carried[Self.fisher] {
            for index in information.indices { information[index] += Float(options.decay) * old[index] }
        }
        return [Self.fisher: information]
    }

    /// Mean over texts of the squared gradient of the log-likelihood, each label drawn from the adapter's own answer,
    /// without dropout: the information is that of the adapter as it answers.
    package static func information(
        of adapter: ClassifierAdapter, on examples: [TokenizedExample], _ context: MethodContext
    ) throws -> [Float] {
        var generator = SeededGenerator(seed: context.recipe.seed, stream: 3)
        let sample = Array(examples.shuffled(using: &generator).prefix(sampleSize))
        let step = TrainingStep(
            adapter: try adapter.dropping(0), encoder: context.encoder, options: context.recipe.optimization,
            seed: context.recipe.seed, pool: context.pool)
        var information = [Float](repeating: 0, count: adapter.layout.count)
        for var example in context.answered(sample, by: adapter) {
            example.label = draw(probabilities(example.logits), using: &generator)
            let gradients = step.gradients(of: LossTerm.mean([example])).gradients
            for (index, gradient) in gradients.enumerated() {
                information[index] += gradient * gradient / Float(sample.count)
            }
        }
        return information
    }

    private static func draw(_ probabilities: [Float], using generator: inout SeededGenerator) -> Int {
        var left = generator.nextUnit()
        for (index, probability) in probabilities.enumerated() {
            left -= probability
            if left < 0 { return index }
        }
        return probabilities.count - 1
    }
}
