import CProcess
import Foundation
import Synchronization

/// A thread that runs jobs one after the other, behind those that answer.
final class BackgroundThread: Sendable {
    enum Priority {
        /// Only when nothing else wants the processor.
        case idle
        /// A tenth of what an answering thread gets, where there is not enough for both; before everything idle.
        case low
    }

    private struct State {
        var jobs: [@Sendable () -> Void] = []
        var isStopping = false
    }

    private let priority: Priority
    private let state = Mutex(State())
    private let wakeUp = DispatchSemaphore(value: 0)

    /// Lives until ``stop()``.
    init(name: String, priority: Priority) {
        self.priority = priority
        let thread = Thread { [self] in runThread() }
        thread.name = name
        thread.stackSize = 8 << 20
        thread.start()
    }

    /// Runs `work` after what was asked for before.
    ///
    /// - Throws: what `work` throws; `CancellationError` after ``stop()``, and at once when the calling task is cancelled:
    ///   a shutdown waits for no thread of low priority, which ends its work unheard.
    func run<Value: Sendable>(_ work: @escaping @Sendable () throws -> Value) async throws -> Value {
        let answer = Answer<Value>()
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                answer.expect(continuation)
                let isTaken = state.withLock { state in
                    guard !state.isStopping else { return false }
                    state.jobs.append { answer.give(Result { try work() }) }
                    return true
                }
                if isTaken { wakeUp.signal() }
                if !isTaken || Task.isCancelled { answer.give(.failure(CancellationError())) }
            }
        } onCancel: {
            answer.give(.failure(CancellationError()))
        }
    }

    /// Given once; what comes later is not heard.
    private final class Answer<Value: Sendable>: Sendable {
        private let continuation = Mutex<CheckedContinuation<Value, any Error>?>(nil)

        func expect(_ continuation: CheckedContinuation<Value, any Error>) {
            self.continuation.withLock { $0 = continuation }
        }

        func give(_ result: Result<Value, any Error>) {
            let waiting = continuation.withLock { continuation in
                defer { continuation = nil }
                return continuation
            }
            waiting?.resume(with: result)
        }
    }

    /// Ends the thread once what was asked for is done.
    func stop() {
        state.withLock { $0.isStopping = true }
        wakeUp.signal()
    }

    private func runThread() {
        // Where the kernel refuses, the thread works on at the usual priority: its share is small.
        switch priority {
        case .idle: _ = process_make_idle(0)
        case .low: _ = process_make_nice(0, 10)
        }
        while true {
            wakeUp.wait()
            let (job, isDone) = state.withLock { state in
                (state.jobs.isEmpty ? nil : state.jobs.removeFirst(), state.isStopping && state.jobs.isEmpty)
            }
            job?()
            if isDone { return }
        }
    }
}
