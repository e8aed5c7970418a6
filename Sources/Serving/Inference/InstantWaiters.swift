import Foundation
import Schema
import Synchronization

/// Those who wait until everything of a task up to a sequence number counts.
final class InstantWaiters: Sendable {
    private struct Waiter {
        var task: TaskName
        var sequence: Int64
        var continuation: CheckedContinuation<Void, Never>
    }

    private struct State {
        var waiters: [UUID: Waiter] = [:]
        var hasEnded = false
    }

    private let state = Mutex(State())

    /// Returns when it is let go, when nobody is any more, or when the caller is cancelled.
    ///
    /// - Parameter hasCome: called once it waits.
    func wait(for sequence: Int64, of task: TaskName, hasCome: () -> Void) async {
        let id = UUID()
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let waits = state.withLock { state in
                    guard !state.hasEnded, !Task.isCancelled else { return false }
                    state.waiters[id] = Waiter(task: task, sequence: sequence, continuation: continuation)
                    return true
                }
                if waits { hasCome() } else { continuation.resume() }
            }
        } onCancel: {
            state.withLock { $0.waiters.removeValue(forKey: id) }?.continuation.resume()
        }
    }

    /// Tasks that somebody waits for.
    var tasks: Set<TaskName> { state.withLock { Set($0.waiters.values.map(\.task)) } }

    /// Lets go who waits for examples up to this one, or everyone; but for those of some tasks.
    func resume(upTo sequence: Int64 = .max, but waiting: Set<TaskName> = []) {
        let ready = state.withLock { state in
            let ready = state.waiters.filter { $0.value.sequence <= sequence && !waiting.contains($0.value.task) }
            for id in ready.keys { state.waiters[id] = nil }
            return ready.values
        }
        for waiter in ready { waiter.continuation.resume() }
    }

    /// Lets everyone go, now and from now on.
    func end() {
        state.withLock { $0.hasEnded = true }
        resume()
    }
}
