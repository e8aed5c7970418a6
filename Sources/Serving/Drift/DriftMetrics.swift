import Schema
import Synchronization

/// Drift as metrics: what was last judged of each task, and what this process counted.
final class DriftMetrics: Sendable {
    private struct State {
        var reports: [TaskName: DriftReport] = [:]
        var events: [TaskName: [DriftKind: Int]] = [:]
        var dropped = 0
        var embedded = 0
        var seconds = 0.0
    }

    private let state = Mutex(State())

    func judged(_ report: DriftReport) { state.withLock { $0.reports[report.task] = report } }
    func confirmed(_ event: DriftEvent, _ task: TaskName) {
        state.withLock { $0.events[task, default: [:]][event.kind, default: 0] += 1 }
    }
    func dropped(_ count: Int) { state.withLock { $0.dropped += count } }
    func worked(embedded: Int, seconds: Double) {
        state.withLock { state in
            state.embedded += embedded
            state.seconds += seconds
        }
    }
    func keep(only tasks: Set<TaskName>) {
        state.withLock { state in
            state.reports = state.reports.filter { tasks.contains($0.key) }
            state.events = state.events.filter { tasks.contains($0.key) }
        }
    }

    func write(to text: inout PrometheusText) {
        let state = state.withLock { $0 }
        let reports = state.reports.values.sorted { $0.task < $1.task }
        text.family("perennial_drift_level", .gauge, "0 too few samples, 1 ok, 2 watched, 3 drift; worst of a kind.")
        for report in reports {
            for kind in DriftKind.allCases {
                guard let level = report.verdicts.filter({ $0.kind == kind }).map(\.level).max() else { continue }
                text.sample(
                    "perennial_drift_level", [("task", report.task.rawValue), ("kind", kind.rawValue)],
                    Self.number(level))
            }
        }
        write("perennial_drift_statistic", "Value of each statistic of drift.", reports, in: &text) { $0.value }
        write("perennial_drift_threshold", "What each statistic, or its p-value, is held against.", reports, in: &text)
        { $0.threshold }
        write("perennial_drift_p_value", "Corrected p-value of each test of drift.", reports, in: &text) { $0.pValue }
        text.family("perennial_drift_events_total", .counter, "Drifts confirmed.")
        for (task, kinds) in state.events.sorted(by: { $0.key < $1.key }) {
            for (kind, count) in kinds.sorted(by: { $0.key.rawValue < $1.key.rawValue }) {
                text.sample(
                    "perennial_drift_events_total", [("task", task.rawValue), ("kind", kind.rawValue)], count)
            }
        }
        text.family("perennial_drift_dropped_total", .counter, "Observations that came too fast to be looked at.")
        text.sample("perennial_drift_dropped_total", [], state.dropped)
        text.family("perennial_drift_embedded_total", .counter, "Texts embedded by the base at idle.")
        text.sample("perennial_drift_embedded_total", [], state.embedded)
        text.family("perennial_drift_busy_seconds_total", .counter, "Time the idle thread worked on drift.")
        text.sample("perennial_drift_busy_seconds_total", [], state.seconds)
    }

    private func write(
        _ name: String, _ help: String, _ reports: [DriftReport], in text: inout PrometheusText,
        _ value: (DriftVerdict) -> Double?
    ) {
        text.family(name, .gauge, help)
        for report in reports {
            for verdict in report.verdicts {
                guard let value = value(verdict) else { continue }
                text.sample(
                    name,
                    [
                        ("task", report.task.rawValue), ("kind", verdict.kind.rawValue),
                        ("statistic", verdict.statistic),
                    ], value)
            }
        }
    }

    private static func number(_ level: DriftLevel) -> Int {
        switch level {
        case .insufficient: 0
        case .ok: 1
        case .watch: 2
        case .drift: 3
        }
    }
}
