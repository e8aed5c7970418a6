import Adapters
import Foundation
import Replay
import Schema
import Store
import Training

extension Learner {
    /// What gradient steps come to, one judgement for each task. Of a task with an adapter of its own the best of what was
    /// kept, what was trained, and what it came to on all layers.
    func taught(
        _ parts: [UpdatePart], besides kept: Judge.Judgement?, attempt: Int, replayFactor: Double,
        effort: inout Effort, monitor: UpdateMonitor
    ) throws -> [Judge.Judgement] {
        effort.beginAttempt()
        func learned(
            _ lesson: [UpdatePart], as learning: Verdict.Learning, from progress: Double
        ) throws -> [Judge.Judgement] {
            let (outcome, adapters) = try train(
                lesson, attempt: attempt, replayFactor: replayFactor, from: progress, monitor: monitor)
            effort.add(outcome)
            try monitor.advance(to: .evaluating, progress: 0.95, replayed: effort.replayed)
            return try zip(parts, adapters).map { part, adapter in
                try part.judge.judge(candidate(adapter, part.input, learning: learning), attempt: attempt)
            }
        }
        let trained: [Judge.Judgement]
        do {
            trained = try learned(parts, as: .trained, from: 0)
        } catch let error as TrainingError {
            // What passed the gate without a gradient step needs none.
            guard case .diverged = error, var kept, kept.verdict.decision == .promote else { throw error }
            kept.note = "\(error)"
            return [kept]
        }
        guard parts.count == 1, let kept else { return trained }
        guard parts[0].judge.deserves(trained[0], depthBeyond: kept) else {
            return [parts[0].judge.better(of: kept, trained[0])]
        }
        do {
            let lesson = try parts[0].deepened(trained[0].candidate.adapter, encoder: encoder)
            let deep = try learned([lesson], as: .deepened, from: Self.shareBeforeDeepening)
            let isBetter = deep[0].verdict.decision == .promote && deep[0].right > trained[0].right
            return isBetter ? deep : trained
        } catch let error as TrainingError {
            // Steps that went astray on all layers take nothing from what was trained before.
            guard case .diverged = error else { throw error }
            return trained
        }
    }

    /// What a training that goes on over all layers has taken of its time when it does, about.
    private static let shareBeforeDeepening = 0.15

    /// Learns the new examples with `replayFactor` times the recipe's replay.
    ///
    /// - Parameter start: the progress to go on from.
    /// - Returns: the outcome, and one adapter for each task.
    private func train(
        _ parts: [UpdatePart], attempt: Int, replayFactor: Double, from start: Double, monitor: UpdateMonitor
    ) throws -> (outcome: TrainingOutcome, adapters: [ClassifierAdapter]) {
        let inputs = parts.map(\.input)
        var recipe = inputs[0].recipe
        recipe.replay.ratio = min(recipe.replay.ratio * replayFactor, Recipe.ReplayOptions.largestRatio)
        // Each experience and each attempt draws other random numbers, and always the same ones.
        recipe.seed &+= UInt64(inputs.map(\.experience).max() ?? 0) << 8 &+ UInt64(attempt)
        let trainer = try Trainer(encoder: encoder, recipe: recipe)
        let lesson = try Lesson(inputs, encoder: encoder)
        do {
            let outcome = try trainer.run(trainerInput(parts, lesson, recipe)) { progress in
                let advanced: Void? = try? monitor.learned(progress, attempt: attempt, from: start)
                return advanced != nil
            }
            return (outcome, try lesson.adapters(of: outcome.adapter, for: inputs, encoder: encoder))
        } catch TrainingError.cancelled {
            throw CancellationError()
        }
    }

    /// What the trainer is given.
    private func trainerInput(_ parts: [UpdatePart], _ lesson: Lesson, _ recipe: Recipe) -> Trainer.Input {
        let places = Array(zip(parts, lesson.positions))
        func tokenized(_ examples: (UpdatePart) -> [LedgerExample]) -> [TokenizedExample] {
            places.flatMap { self.tokenized(examples($0), $1, recipe) }
        }
        let replayed = places.flatMap { part, positions in
            part.exemplars.compactMap { exemplar in
                positions[exemplar.label].map {
                    var example = self.tokenized(exemplar.text, label: $0, recipe: recipe)
                    example.logits = StoredLogits.decode(exemplar.payload)
                    return example
                }
            }
        }
        guard !recipe.method.startsOver else {
            return Trainer.Input(
                parent: nil, labels: lesson.labels, newExamples: replayed,
                heldOut: tokenized { $0.input.oldSlices.flatMap(\.examples) + $0.input.newSlice }, heads: lesson.heads)
        }
        return Trainer.Input(
            parent: lesson.parent, labels: lesson.labels, newExamples: tokenized(\.input.training),
            exemplars: ExemplarPool(
                replayed, sampling: recipe.replay.sampling, heads: lesson.heads,
                temperature: recipe.sharing.temperature),
            heldOut: tokenized(\.input.newSlice),
            probe: recipe.replay.adaptive ? tokenized { probe($0.input) } : [], heads: lesson.heads)
    }

    /// Examples of the old slices in turn, evenly over each, so many that measuring stays cheap.
    private func probe(_ input: Input) -> [LedgerExample] {
        let examples = input.oldSlices.flatMap(\.examples)
        let stride = max(1, (examples.count + Self.probeSize - 1) / Self.probeSize)
        return Swift.stride(from: 0, to: examples.count, by: stride).map { examples[$0] }
    }

    private static let probeSize = 192

    /// The memory after this experience, without what the byte budget does not hold: its training examples are offered in
    /// order of arrival.
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
        _ = try memory.encode()
        return memory
    }

    /// What a ranked retention goes by: features, or the loss.
    private func worth(_ exemplars: [Exemplar], _ adapter: ClassifierAdapter, _ recipe: Recipe) throws -> [[Float]] {
        let tokens = exemplars.map { tokenizer.encode($0.text, maximumLength: recipe.maximumLength) }
        guard recipe.replay.retention == .lossAware else {
            return features(tokens, adapter)
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
