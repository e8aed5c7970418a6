import CoreMetrics
import Schema

extension IngestReport {
    /// Adds these lines to `perennial_examples_total`, by task and outcome.
    ///
    /// - Parameter factory: the backend; the process-wide one unless named.
    public func count(task: TaskName, factory: any MetricsFactory = MetricsSystem.factory) {
        for (outcome, count) in [("accepted", accepted), ("duplicate", duplicates), ("rejected", rejected)] {
            Counter(
                label: "perennial_examples", dimensions: [("task", task.rawValue), ("outcome", outcome)],
                factory: factory
            ).increment(by: count)
        }
    }
}
