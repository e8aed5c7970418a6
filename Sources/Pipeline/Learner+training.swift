import Adapters
import Foundation
import Replay
import Schema
import Store
import Training

extension Learner {
    /// Learns the new examples with `replayFactor` times the recipe's replay of `exemplars`.
    func train(
        _ input: Input, exemplars: [Exemplar], attempt: Int, replayFactor: Double, monitor: UpdateMonitor
    ) throws -> TrainingOutcome {
        var recipe = input.recipe
        recipe.replay.ratio *= replayFactor
        // Each experience and each attempt draws other random numbers, and always the same ones.
        recipe.seed &+= UInt64(input.experience) << 8 &+ UInt64(attempt)
        let trainer = try Trainer(encoder: encoder, recipe: recipe)
        do {
            return try trainer.run(lesson(input, exemplars, recipe)) { progress in
                let advanced: Void? = try? monitor.learned(progress, attempt: attempt)
                return advanced != nil
            }
        } catch TrainingError.cancelled {
            throw CancellationError()
        }
    }

    /// What the trainer is given.
    private func lesson(_ input: Input, _ exemplars: [Exemplar], _ recipe: Recipe) -> Trainer.Input {
        let positions = Dictionary(uniqueKeysWithValues: zip(input.labels, 0...))
        let replayed = exemplars.compactMap { exemplar in
            positions[exemplar.label].map {
                var example = tokenized(exemplar.text, label: $0, recipe: recipe)
                example.logits = StoredLogits.decode(exemplar.payload)
                return example
            }
        }
        guard !recipe.method.startsOver else {
            return Trainer.Input(
                parent: nil, labels: input.labels, newExamples: replayed,
                heldOut: (input.oldSlices.map(\.examples) + [input.newSlice]).flatMap {
                    tokenized($0, positions, recipe)
                })
        }
        return Trainer.Input(
            parent: input.parent, labels: input.labels,
            newExamples: tokenized(input.training, positions, recipe),
            exemplars: ExemplarPool(replayed, sampling: recipe.replay.sampling),
            heldOut: tokenized(input.newSlice, positions, recipe),
            probe: recipe.replay.adaptive ? probe(input).flatMap { tokenized([$0], positions, recipe) } : [])
    }

    /// Examples of the old slices in turn, evenly over each, so many that measuring stays cheap.
    private func probe(_ input: Input) -> [LedgerExample] {
        let examples = input.oldSlices.flatMap(\.examples)
        let stride = max(1, (examples.count + Self.probeSize - 1) / Self.probeSize)
        return Swift.stride(from: 0, to: examples.count, by: stride).map { examples[$0] }
    }

    private static let probeSize = 192

    /// The memory after this experience: its training examples are offered in order of arrival.
    ///
    /// - Parameter adapter: what was learned; a method that replays answers keeps its own beside new exemplars.
    func remember(_ input: Input, learned adapter: ClassifierAdapter? = nil) throws -> ReplayMemory {
        var memory = input.memory
        guard memory.configuration.maximumExemplars > 0 else { return memory }
        let offered = input.training.map { example in
            Exemplar(
                text: example.text, label: example.label, sequence: example.sequence, experience: input.experience,
                source: example.source)
        }
        for exemplar in offered { memory.remove(text: exemplar.text) }
        if let adapter, memory.configuration.retention.isRanked {
            let held = try worth(try memory.exemplars(), adapter, input.recipe)
            try memory.offer(offered, vectors: try worth(offered, adapter, input.recipe), held: held)
        } else {
            for exemplar in offered { try memory.offer(exemplar) }
        }
        if input.recipe.method == .darkReplay, let adapter {
            let unanswered = try memory.exemplars().filter(\.payload.isEmpty)
            let tokens = unanswered.map { tokenizer.encode($0.text, maximumLength: input.recipe.maximumLength) }
            for (exemplar, logits) in zip(unanswered, logits(adapter, tokens)) {
                memory.attach(StoredLogits.encode(logits), to: exemplar.text)
            }
        }
        return memory
    }

    /// What a ranked retention goes by: features, or the loss.
    private func worth(_ exemplars: [Exemplar], _ adapter: ClassifierAdapter, _ recipe: Recipe) throws -> [[Float]] {
        let tokens = exemplars.map { tokenizer.encode($0.text, maximumLength: recipe.maximumLength) }
        guard recipe.replay.retention == .lossAware else {
            return Classifier(encoder: encoder).features(tokens, adapter: adapter, pool: pool)
        }
        let positions = Dictionary(uniqueKeysWithValues: zip(adapter.labels, 0...))
        return zip(exemplars, logits(adapter, tokens)).map { exemplar, logits in
            [positions[exemplar.label].map { -log(max(probabilities(logits)[$0], .leastNormalMagnitude)) } ?? 0]
        }
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
