import Schema
import Store
import Synchronization
import Training

/// Carries progress from the training thread to the store, and cancellation back.
public final class UpdateMonitor: Sendable {
    private struct State {
        var status = UpdateStatus.training
        var progress = 0.0
        var replayed = 0
        var curve = TrainingCurve()
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

    /// Called by the learner after each step.
    ///
    /// - Parameter start: the progress that this training began with.
    /// - Throws: `CancellationError` once the update is to stop.
    func learned(_ progress: TrainingProgress, attempt: Int, from start: Double = 0) throws {
        let shown = progress.newExamples + progress.replayedExamples
        state.withLock { state in
            // Training on all layers counts its steps anew.
            if state.curve.attempt != attempt || progress.step <= state.curve.step {
                state.curve = TrainingCurve(attempt: attempt)
            }
            state.curve.epoch = progress.epoch
            state.curve.epochs = progress.epochs
            state.curve.steps = progress.steps
            state.curve.examplesPerSecond = progress.examplesPerSecond
            state.curve.replayShare = Double(progress.replayedExamples) / Double(max(1, shown))
            state.curve.observe(step: progress.step, loss: Double(progress.loss))
        }
        try advance(
            to: .training, progress: start + (0.95 - start) * progress.fraction, replayed: progress.replayedExamples)
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
                    try await store.advance(
                        id, to: now.status, progress: now.progress, replayed: now.replayed,
                        curve: now.curve.points.isEmpty ? nil : now.curve)
                }
                try await Task.sleep(for: .milliseconds(200))
            }
        } catch {
            cancel()
            throw error
        }
    }
}
