import Adapters
import Replay
import Schema
import Store
import Training
import Transformers

/// One task's part in an update, made once whatever the number of attempts.
struct UpdatePart {
    private(set) var input: Learner.Input
    /// What the update comes to without a gradient step; `nil` when the recipe wants no analytic head, and for tasks that
    /// share an adapter: what one of them learns the others are served with.
    let kept: Learner.Candidate?
    let judge: Judge
    /// What may be replayed.
    let exemplars: [Exemplar]

    init(learner: Learner, input: Learner.Input, isShared: Bool) throws {
        self.input = input
        kept = isShared ? nil : try learner.keep(input)
        judge = Judge(learner: learner, input: input)
        let memory = input.recipe.method.replaysNew ? try learner.remember(input) : input.memory
        let labels = Set(input.labels)
        exemplars = try memory.exemplars().filter { labels.contains($0.label) }
    }
}

extension UpdatePart {
    /// To be learned on all layers: for more epochs by the adapter that was trained, and from the beginning where it was the
    /// task's first and lacks layers.
    func deepened(_ trained: ClassifierAdapter, encoder: any TextEncoder) throws -> UpdatePart {
        var part = self
        // Neither the new rows nor the order of examples are to repeat what was drawn before.
        part.input.recipe.seed &+= 1 << 32
        part.input.recipe.adapter.layers = 0
        // What training has cost old labels so far, a share that begins now would not see.
        part.input.recipe.replay.adaptive = false
        if input.parent == nil, input.start == nil, trained.layout.lowestLayer > 0 {
            part.input.recipe.optimization.epochs += input.recipe.optimization.deepening
        } else {
            part.input.recipe.optimization.epochs = input.recipe.optimization.deepening
            part.input.recipe.optimization.minimumSteps = 0
            part.input.parent = try trained.deepening(encoder: encoder, seed: part.input.recipe.seed)
        }
        return part
    }
}

/// The adapter that an update goes on from, and its labels: one task's as they are, or those of all tasks that share the
/// adapter, each with its task's name before it and answered by its task's head alone.
struct Lesson {
    /// `nil` for an untrained one.
    let parent: ClassifierAdapter?
    /// The parent's first and in their order.
    let labels: [String]
    /// `nil` for one task.
    let heads: TaskHeads?
    /// Of each task, by its own labels.
    let positions: [[String: Int]]

    init(_ inputs: [Learner.Input], encoder: any TextEncoder) throws {
        guard inputs.count > 1 else {
            parent = inputs.first.flatMap { $0.parent ?? $0.start }
            labels = inputs.first?.labels ?? []
            heads = nil
            positions = [Dictionary(uniqueKeysWithValues: zip(labels, 0...))]
            return
        }
        let parents = inputs.compactMap { input in input.parent.map { (task: input.task, adapter: $0) } }
        let parent =
            parents.isEmpty
            ? inputs.lazy.compactMap(\.start).first : try ClassifierAdapter.joined(parents, encoder: encoder)
        let shared = inputs.map { input in
            input.labels.map { ClassifierAdapter.sharedLabel($0, of: input.task) }
        }
        let known = Set(parent?.labels ?? [])
        let labels = (parent?.labels ?? []) + shared.joined().filter { !known.contains($0) }
        let places = Dictionary(uniqueKeysWithValues: zip(labels, 0...))
        var tasks = [Int](repeating: 0, count: labels.count)
        positions = zip(inputs, shared).enumerated().map { task, names in
            var positions: [String: Int] = [:]
            for (label, name) in zip(names.0.labels, names.1) {
                guard let place = places[name] else { continue }
                positions[label] = place
                tasks[place] = task
            }
            return positions
        }
        self.parent = parent
        self.labels = labels
        let weights = inputs[0].recipe.sharing.lossWeights
        heads = TaskHeads(tasks: tasks, weights: inputs.map { weights[$0.task] ?? 1 })
    }

    /// What each task answers with once the update has learned.
    func adapters(
        of learned: ClassifierAdapter, for inputs: [Learner.Input], encoder: any TextEncoder
    ) throws -> [ClassifierAdapter] {
        guard heads != nil else { return [learned] }
        return try inputs.map { try learned.part(of: $0.task, labels: $0.labels, encoder: encoder) }
    }
}
