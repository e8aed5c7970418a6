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
