import Schema

/// New examples are answered for old labels as the champion answers them; nothing is replayed.
///
/// - SeeAlso: Li & Hoiem 2016, Learning without Forgetting, section 3: L(new) + λ·distillation at temperature 2.
struct LearningWithoutForgetting: LearningMethod {
    private let strength: Float
    private let temperature: Float

    init(_ options: Recipe.MethodOptions) {
        strength = Float(options.strength)
        temperature = Float(options.temperature)
    }

    /// The champion answers each new example once.
    func prepare(_ input: Trainer.Input, _ context: MethodContext) -> Trainer.Input {
        guard let parent = input.parent, !parent.labels.isEmpty else { return input }
        var prepared = input
        prepared.newExamples = context.answered(input.newExamples, by: parent)
        return prepared
    }

    func terms(_ batch: ReplayMixer.Batch) -> [LossTerm] {
        LossTerm.mean(batch.new).map { term in
            var term = term
            term.parts.append(
                LossTerm.Part(
                    weight: strength / Float(batch.newCount),
                    loss: .distilling(term.example.logits, temperature: temperature)))
            return term
        }
    }
}
