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
    private var known: [String: (stamp: String, forgetting: Double?)] = [:]

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
        let stamps = try await store.learningStamps()
        let drifts = try await store.worstDrifts()
        for index in tasks.indices {
            tasks[index].drift = drifts[tasks[index].name]
            tasks[index].forgetting = try await forgetting(of: tasks[index].name, stamp: stamps[tasks[index].name])
        }
        known = known.filter { stamps[$0.key] != nil }
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
        report.forgetting = forgetting(try await store.accuracyHistory(task))
        let drift = try await store.drift(task)
        report.drift = drift.verdicts.isEmpty && drift.events.isEmpty ? nil : drift
        return report
    }

    private func forgetting(of name: String, stamp: String?) async throws -> Double? {
        guard let stamp else { return nil }
        if let entry = known[name], entry.stamp == stamp { return entry.forgetting }
        do {
            let value = forgetting(try await store.accuracyHistory(try TaskName(name))).forgetting
            known[name] = (stamp, value)
            return value
        } catch StoreError.unknownTask {
            // Deleted since the list was read.
            return nil
        }
    }
}
