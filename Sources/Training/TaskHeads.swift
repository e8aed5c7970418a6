/// Which of several tasks each label belongs to, where tasks learn one adapter together.
///
/// An example chooses among the labels of its own task only, as each task answers by a head of its own.
public struct TaskHeads: Sendable, Hashable {
    /// For each label its task, counted from 0.
    public let tasks: [Int]
    /// How many tasks there are.
    public let count: Int

    /// - Parameter tasks: for each label in the adapter's order.
    public init(tasks: [Int]) {
        precondition(tasks.allSatisfy { $0 >= 0 }, "tasks are counted from 0")
        self.tasks = tasks
        count = (tasks.max() ?? -1) + 1
    }

    func task(of example: TokenizedExample) -> Int { tasks[example.label] }

    /// Logits offsets that leave the choice among one task's labels: 0 for these, −∞ for all others.
    func mask(_ task: Int) -> [Float] { tasks.map { $0 == task ? 0 : -.infinity } }

    /// The logits with which an example's own task answers.
    package func masked(_ logits: [Float], for example: TokenizedExample) -> [Float] {
        zip(logits, tasks).map { $1 == tasks[example.label] ? $0 : -.infinity }
    }
}
