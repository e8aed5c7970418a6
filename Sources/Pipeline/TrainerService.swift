import Logging
import Schema
import ServiceLifecycle
import Store

/// A trainer that is small while there is nothing to learn: the base model is loaded when the first update is due.
///
/// With an idle limit it returns once it has learned and then waited for that long. Its process can then end and be
/// started again, which gives back all that training needed.
public struct TrainerService: Service, CustomStringConvertible {
    /// What the log calls it.
    public var description: String { "TrainerService" }

    private let store: Store
    private let interval: Duration
    private let load: @Sendable () throws -> UpdateWorker

    /// Tasks fall due by age too, which no write to the store announces.
    private static let ageInterval = Duration.seconds(1)

    /// - Parameters:
    ///   - interval: how often it looks for work.
    ///   - load: makes the worker; called when there is something to learn.
    public init(
        store: Store, interval: Duration = .milliseconds(200), load: @escaping @Sendable () throws -> UpdateWorker
    ) {
        self.store = store
        self.interval = interval
        self.load = load
    }

    public func run() async throws {
        let isDue = await cancelWhenGracefulShutdown { await waitForWork() }
        if isDue { try await load().run() }
    }

    /// - Returns: whether there is work; `false` when it was cancelled before.
    private func waitForWork() async -> Bool {
        var seen: Int64?
        var looked = ContinuousClock.now
        while !Task.isCancelled {
            let version = try? await store.dataVersion()
            if version == nil || version != seen || ContinuousClock.now - looked >= Self.ageInterval {
                (seen, looked) = (version, .now)
                // A store that cannot be read is the worker's to report.
                if (try? await isWorkDue()) ?? !Task.isCancelled { return true }
            }
            try? await Task.sleep(for: interval)
        }
        return false
    }

    /// Whether an update is queued, was interrupted, or is due.
    private func isWorkDue() async throws -> Bool {
        for task in try await store.tasks() {
            // The active ones are the newest: one running and one queued at most.
            if try await store.updates(task.name, limit: 2).contains(where: { !$0.status.isFinal }) { return true }
            let pending = try await store.pending(task.name)
            let trigger = UpdateTiming.trigger(
                waiting: pending.fresh, oldest: pending.oldestArrival, policy: task.update, now: .now)
            if trigger != nil { return true }
        }
        return false
    }
}
