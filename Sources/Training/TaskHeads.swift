/// Which of several tasks each label belongs to, where tasks learn one adapter together.
///
/// An example chooses among the labels of its own task only, as each task answers by a head of its own.
public struct TaskHeads: Sendable, Hashable {
    /// For each label its task, counted from 0.
    public let tasks: [Int]
    /// What an example of each task weighs in the loss.
    public let weights: [Double]
    /// How many tasks there are.
    public var count: Int { weights.count }

    /// - Parameters:
    ///   - tasks: for each label in the adapter's order.
    ///   - weights: one for each task, above 0.
    public init(tasks: [Int], weights: [Double]) {
        precondition(tasks.allSatisfy(weights.indices.contains), "every label needs a task with a weight")
        self.tasks = tasks
        self.weights = weights
    }

    func task(of example: TokenizedExample) -> Int { tasks[example.label] }

    /// Logits offsets that leave the choice among one task's labels: 0 for these, −∞ for all others.
    func mask(_ task: Int) -> [Float] { tasks.map { $0 == task ? 0 : -.infinity } }

    /// The logits with which an example's own task answers.
    package func masked(_ logits: [Float], for example: TokenizedExample) -> [Float] {
        zip(logits, tasks).map { $1 == tasks[example.label] ? $0 : -.infinity }
    }
}
