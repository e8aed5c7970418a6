import Schema
import Store
import Synchronization

/// Carries progress from the training thread to the store, and cancellation back.
public final class UpdateMonitor: Sendable {
    private struct State {
        var status = UpdateStatus.training
        var progress = 0.0
        var replayed = 0
        var changed = true
        var cancelled = false
    }

    private let state = Mutex(State())

    public init() {}

    /// Called by the learner, often.
    ///
    /// - Throws: `CancellationError` once the update is to stop.
    func advance(to status: UpdateStatus, progress: Double, replayed: Int) throws {
        let cancelled = state.withLock { state in
            state.status = status
            state.progress = progress
            state.replayed = replayed
            state.changed = true
            return state.cancelled
        }
        if cancelled { throw CancellationError() }
    }

    func cancel() { state.withLock { $0.cancelled = true } }

    /// Writes progress a few times a second until cancelled; stops the learner when it is, or when the update is no
    /// longer ours.
    func report(_ id: String, to store: Store) async throws {
        do {
            while true {
                let now = state.withLock { state in
                    defer { state.changed = false }
                    return state
                }
                if now.changed {
                    try await store.advance(id, to: now.status, progress: now.progress, replayed: now.replayed)
                }
                try await Task.sleep(for: .milliseconds(200))
            }
        } catch {
            cancel()
            throw error
        }
    }
}
