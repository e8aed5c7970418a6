import Schema
import Store

/// A head that is being made from the saved sums and all open examples.
struct InstantBacklog {
    var task: ServedTask
    var recipe: Recipe
    /// Since its first turn, which reads what is open then.
    var work: (state: InstantTask, begun: ContinuousClock.Instant)?
    /// Not counted yet, in order of arrival.
    var rest: ArraySlice<LedgerExample> = []
    /// Sequence of the newest that was among them.
    private var newest: Int64 = 0

    init(task: ServedTask, recipe: Recipe) {
        self.task = task
        self.recipe = recipe
    }

    var name: TaskName { task.task.name }

    /// Takes what arrived since the first turn, and has it counted last.
    mutating func append(_ examples: [LedgerExample]) {
        guard work != nil else { return }
        rest += examples.filter { $0.sequence > newest }
        newest = max(newest, examples.last?.sequence ?? 0)
    }
}
