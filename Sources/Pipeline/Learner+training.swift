import Adapters
import Replay
import Schema
import Store
import Training

extension Learner {
    /// Learns the new examples with `replayFactor` times the recipe's replay of `exemplars`.
    func train(
        _ input: Input, exemplars: [Exemplar], attempt: Int, replayFactor: Double, monitor: UpdateMonitor
    ) throws -> TrainingOutcome {
        if input.recipe.head == .analytic { return try untrained(input) }
        var recipe = input.recipe
        recipe.replay.ratio *= replayFactor
        // Each experience and each attempt draws other random numbers, and always the same ones.
        recipe.seed &+= UInt64(input.experience) << 8 &+ UInt64(attempt)
        let positions = Dictionary(uniqueKeysWithValues: zip(input.labels, 0...))
        let replayed = exemplars.compactMap { exemplar in
            positions[exemplar.label].map { tokenized(exemplar.text, label: $0, recipe: recipe) }
        }
        let trainer = try Trainer(encoder: encoder, recipe: recipe)
        do {
            return try trainer.run(
                Trainer.Input(
                    parent: input.parent, labels: input.labels,
                    newExamples: tokenized(input.training, positions, recipe),
                    exemplars: ExemplarPool(replayed, sampling: recipe.replay.sampling),
                    heldOut: tokenized(input.newSlice, positions, recipe))
            ) { progress in
                let advanced: Void? = try? monitor.learned(progress, attempt: attempt)
                return advanced != nil
            }
        } catch TrainingError.cancelled {
            throw CancellationError()
        }
    }

    /// The memory after this experience: its training examples are offered in order of arrival.
    func remember(_ input: Input) throws -> ReplayMemory {
        var memory = input.memory
        guard memory.configuration.maximumExemplars > 0 else { return memory }
        for example in input.training {
            _ = memory.remove(text: example.text)
            _ = try memory.offer(
                Exemplar(
                    text: example.text, label: example.label, sequence: example.sequence,
                    experience: input.experience, source: example.source))
        }
        return memory
    }

    func tokenized(_ examples: [LedgerExample], _ positions: [String: Int], _ recipe: Recipe) -> [TokenizedExample] {
        examples.compactMap { example in
            positions[example.label].map { tokenized(example.text, label: $0, recipe: recipe) }
        }
    }

    private func tokenized(_ text: String, label: Int, recipe: Recipe) -> TokenizedExample {
        TokenizedExample(ids: tokenizer.encode(text, maximumLength: recipe.maximumLength), label: label)
    }
}
