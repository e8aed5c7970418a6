import Foundation
import Schema
import Store

/// Gathers what screens and reports show.
///
/// Forgetting changes only when an update is promoted, so that it is worked out once for each state of a task.
actor Reporter {
    private let store: Store
    private let engine: InferenceEngine
    private let metrics: ServiceMetrics
    private let forgetting: ForgettingMetrics
    private let started = ContinuousClock.now
    /// In excerpts, so that long histories cost what short ones do.
    private var known: [TaskName: (stamp: String, report: ForgettingReport)] = [:]

    init(
        store: Store, engine: InferenceEngine, metrics: ServiceMetrics, forgetting: @escaping ForgettingMetrics
    ) {
        self.store = store
        self.engine = engine
        self.metrics = metrics
        self.forgetting = forgetting
    }

    func overview() async throws -> ServiceOverview {
        var tasks = try await store.summaries()
        let drifts = try await store.worstDrifts()
        let reports = try await forgettings()
        for index in tasks.indices {
            tasks[index].drift = drifts[tasks[index].name]
            tasks[index].forgetting = reports[try TaskName(tasks[index].name)]?.forgetting
        }
        let now = Timestamp.now
        let midnight = Timestamp(seconds: (now.seconds / 86_400).rounded(.down) * 86_400)
        return ServiceOverview(
            time: now, base: engine.loadedClassifier?.name,
            uptimeSeconds: engine.loadedClassifier.map { _ in (ContinuousClock.now - started) / .seconds(1) },
            predictions: metrics.predictionLatency, queue: engine.queueDepth,
            updatesToday: try await store.finishedUpdates(since: midnight),
            replayBytes: tasks.reduce(0) { $0 + $1.replayBytes }, residentBytes: ProcessMemory.residentBytes,
            tasks: tasks)
    }

    func report(_ task: TaskName) async throws -> TaskReport {
        var report = try await store.report(task)
        report.forgetting = try await forgetting(task, stamp: try await store.learningStamps()[task.rawValue])
        let drift = try await store.drift(task)
        report.drift = drift.verdicts.isEmpty && drift.events.isEmpty ? nil : drift
        return report
    }

    /// What each task was found to keep and to lose.
    func forgettings() async throws -> [TaskName: ForgettingReport] {
        var reports: [TaskName: ForgettingReport] = [:]
        for (name, stamp) in try await store.learningStamps() {
            let task = try TaskName(name)
            do {
                reports[task] = try await forgetting(task, stamp: stamp)
            } catch StoreError.unknownTask {
                // Deleted since the list was read.
                continue
            }
        }
        known = known.filter { reports[$0.key] != nil }
        return reports
    }

    /// Updates and slices in the matrix of a report.
    private static let matrixLimit = 64

    /// - Parameter stamp: of the task's state, read before what it stands for; `nil` where it is not known.
    private func forgetting(_ task: TaskName, stamp: String?) async throws -> ForgettingReport {
        if let entry = known[task], entry.stamp == stamp { return entry.report }
        let report = forgetting(try await store.accuracyHistory(task)).excerpt(Self.matrixLimit)
        if let stamp { known[task] = (stamp, report) }
        return report
    }
}
