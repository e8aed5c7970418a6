import Foundation
import Schema
import Store

/// A head that is being made from the saved sums and all open examples.
struct InstantBacklog: Identifiable {
    enum Stage {
        case waiting
        /// Its sums are being solved, beside what is learned meanwhile.
        case solving
        case solved(InstantTask, begun: ContinuousClock.Instant)
    }

    let id = UUID()
    var task: ServedTask
    var recipe: Recipe
    var stage = Stage.waiting
    /// Whether it is made before anyone sent an example for it.
    private(set) var isAhead: Bool
    /// Not counted yet, in order of arrival.
    var rest: ArraySlice<LedgerExample> = []
    private(set) var hasRead = false
    /// Sequence of the newest that was among them.
    private var newest: Int64 = 0

    init(task: ServedTask, recipe: Recipe, isAhead: Bool) {
        self.task = task
        self.recipe = recipe
        self.isAhead = isAhead
    }

    var name: TaskName { task.task.name }

    var isSolved: Bool {
        if case .solved = stage { true } else { false }
    }

    /// Takes what is open, at its first turn.
    mutating func begin(with open: [LedgerExample]) {
        hasRead = true
        append(open)
    }

    /// Takes what arrived, and has it counted last; before the first turn it is open, and will be read.
    mutating func append(_ examples: [LedgerExample]) {
        if !examples.isEmpty { isAhead = false }
        guard hasRead else { return }
        rest += examples.filter { $0.sequence > newest }
        newest = max(newest, examples.last?.sequence ?? 0)
    }
}

/// Heads that are being made, the next one first: those that an answer waits for, then those that examples wait for, then
/// those that nobody has asked for yet.
struct InstantBacklogs {
    /// So many take turns, each with an inverse in memory: a task of a few examples need not wait for one of thousands.
    private static let makers = 2
    private var queue: [InstantBacklog] = []

    var count: Int { queue.count }
    /// Tasks whose examples wait.
    var waiting: Set<TaskName> { Set(queue.filter { !$0.isAhead }.map(\.name)) }
    var all: [InstantBacklog] { queue }

    func contains(_ name: TaskName) -> Bool { queue.contains { $0.name == name } }

    func contains(_ id: InstantBacklog.ID) -> Bool { queue.contains { $0.id == id } }

    /// Before those that nobody has asked for.
    mutating func add(_ backlog: InstantBacklog) {
        queue.insert(backlog, at: backlog.isAhead ? queue.count : queue.firstIndex(where: \.isAhead) ?? queue.count)
    }

    /// Has a task's examples counted with those that it has.
    mutating func append(_ examples: [LedgerExample], to name: TaskName) {
        guard let index = queue.firstIndex(where: { $0.name == name }) else { return }
        var backlog = queue.remove(at: index)
        let wasAhead = backlog.isAhead
        backlog.append(examples)
        if wasAhead { add(backlog) } else { queue.insert(backlog, at: index) }
    }

    mutating func prefer(_ names: Set<TaskName>) {
        guard !names.isEmpty else { return }
        queue = queue.filter { names.contains($0.name) } + queue.filter { !names.contains($0.name) }
    }

    /// Those whose turn it is and whose sums are to be solved; from now on they are being solved.
    mutating func takeUnsolved() -> [InstantBacklog] {
        queue.indices.prefix(Self.makers).compactMap { index in
            guard case .waiting = queue[index].stage else { return nil }
            queue[index].stage = .solving
            return queue[index]
        }
    }

    mutating func finish(_ id: InstantBacklog.ID, _ state: InstantTask, begun: ContinuousClock.Instant) {
        guard let index = queue.firstIndex(where: { $0.id == id }) else { return }
        queue[index].stage = .solved(state, begun: begun)
    }

    /// The next whose examples can be counted.
    mutating func takeSolved() -> InstantBacklog? {
        queue.prefix(Self.makers).firstIndex(where: \.isSolved).map { queue.remove(at: $0) }
    }

    /// After its turn.
    mutating func putBack(_ backlog: InstantBacklog) {
        queue.insert(backlog, at: min(Self.makers - 1, queue.count))
    }

    mutating func remove(_ name: TaskName) { queue.removeAll { $0.name == name } }

    mutating func remove(_ id: InstantBacklog.ID) { queue.removeAll { $0.id == id } }
}
