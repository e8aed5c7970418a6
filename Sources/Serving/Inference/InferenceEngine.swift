import Foundation
import Logging
import ServiceLifecycle
import Synchronization

/// Runs the model on a thread of its own, over whatever queued while the last batch ran.
///
/// Requests of different tasks and adapters share a batch, and with it the pass through the base model. The thread
/// loads the base model first; until then ``probabilities(_:)`` throws ``ServingError/notReady``.
public final class InferenceEngine: Service {
    public struct Limits: Sendable, Hashable {
        /// Inputs that may wait before further requests are refused.
        public var queue = 1_024
        /// Tokens in a batch: bounds its memory and how long a newcomer waits.
        public var batchTokens = 4_096
        public init() {}
    }

    private struct Request {
        var inputs: [ClassifierInput]
        var results: [[Float]]
        var remaining: Int
        var continuation: CheckedContinuation<[[Float]], any Error>
    }

    private enum Phase {
        case loading
        case running
        /// Answers what waits, takes nothing new.
        case draining
        case ended
    }

    private struct State {
        var phase = Phase.loading
        var queue: BatchQueue
        var requests: [UInt64: Request] = [:]
        var lastID: UInt64 = 0
        /// Seconds an input took lately: what `Retry-After` is estimated from.
        var secondsPerInput = 0.005
    }

    private let load: @Sendable () throws -> any TextClassifier
    private let limits: Limits
    private let metrics: ServiceMetrics
    private let logger: Logger
    private let state: Mutex<State>
    private let isTrainerAtWork = Atomic<Bool>(false)
    /// Signalled once for every change the thread may wait for.
    private let wakeUp = DispatchSemaphore(value: 0)
    private let loaded = Latch<any TextClassifier>()
    private let ended = Latch<Void>()

    /// - Parameter load: makes the classifier; runs on the engine's thread.
    public init(
        limits: Limits = Limits(), metrics: ServiceMetrics, logger: Logger,
        load: @escaping @Sendable () throws -> any TextClassifier
    ) {
        self.limits = limits
        self.metrics = metrics
        self.logger = logger
        self.load = load
        state = Mutex(State(queue: BatchQueue(limit: limits.queue)))
    }

    /// The classifier, once it is loaded.
    ///
    /// - Throws: what loading threw; `CancellationError`.
    public var classifier: any TextClassifier {
        get async throws { try await loaded.value }
    }

    /// The classifier, once it is loaded; `nil` when the calling task is cancelled.
    ///
    /// One that does not load is this engine's to report: its error ends the service group, and nobody's early end is to be
    /// taken for the cause.
    var awaitedClassifier: (any TextClassifier)? {
        get async {
            if let classifier = try? await loaded.value { return classifier }
            _ = try? await Latch<Void>().value
            return nil
        }
    }

    /// The classifier, if it is loaded.
    var loadedClassifier: (any TextClassifier)? { loaded.current }

    /// Whether a trainer works on this machine: a query then leaves it a processor.
    var isBesideTraining: Bool {
        get { isTrainerAtWork.load(ordering: .relaxed) }
        set { isTrainerAtWork.store(newValue, ordering: .relaxed) }
    }

    /// Inputs that wait.
    public var queueDepth: Int { state.withLock { $0.queue.count } }

    /// Runs until graceful shutdown or cancellation, then answers what waits and returns.
    ///
    /// - Throws: what loading the base model threw.
    public func run() async throws {
        let thread = Thread { [self] in runThread() }
        thread.name = "inference"
        thread.stackSize = 8 << 20
        thread.start()
        let loading: Result<any TextClassifier, any Error> = await cancelWhenGracefulShutdown { [self] in
            do { return .success(try await loaded.value) } catch { return .failure(error) }
        }
        switch loading {
        case .success: try? await gracefulShutdown()
        case .failure(let error) where !(error is CancellationError): throw error
        case .failure: break
        }
        stop()
        // Not cancellable: the thread ends by itself, and nothing may be freed under it.
        await Task { [ended] in try? await ended.value }.value
    }

    /// Probabilities over each input's labels; all of one request.
    ///
    /// - Throws: ``ServingError``; `CancellationError` when the calling task is cancelled; what the classifier throws.
    public func probabilities(_ inputs: [ClassifierInput]) async throws -> [[Float]] {
        if inputs.isEmpty { return [] }
        let id = state.withLock { state in
            state.lastID += 1
            return state.lastID
        }
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                if let refusal = enqueue(id, inputs, continuation) {
                    continuation.resume(throwing: refusal)
                } else {
                    wakeUp.signal()
                }
            }
        } onCancel: {
            cancel(id)
        }
    }

    private func enqueue(
        _ id: UInt64, _ inputs: [ClassifierInput], _ continuation: CheckedContinuation<[[Float]], any Error>
    ) -> (any Error)? {
        state.withLock { state in
            // The cancellation handler may have run already and found nothing to cancel.
            if Task.isCancelled { return CancellationError() }
            switch state.phase {
            case .loading: return ServingError.notReady
            case .draining, .ended: return ServingError.shuttingDown
            case .running: break
            }
            guard state.queue.enqueue(id, lengths: inputs.map(\.tokens.count)) else {
                let seconds = Double(state.queue.count) * state.secondsPerInput
                return ServingError.overloaded(
                    waiting: state.queue.count, limit: limits.queue,
                    retryAfterSeconds: max(1, Int(seconds.rounded(.up))))
            }
            state.requests[id] = Request(
                inputs: inputs, results: Array(repeating: [], count: inputs.count), remaining: inputs.count,
                continuation: continuation)
            return nil
        }
    }

    private func cancel(_ id: UInt64) {
        let request = state.withLock { state in
            state.queue.cancel(id)
            return state.requests.removeValue(forKey: id)
        }
        request?.continuation.resume(throwing: CancellationError())
    }

    private func stop() {
        state.withLock { if $0.phase != .ended { $0.phase = .draining } }
        wakeUp.signal()
    }
}

// MARK: - The engine's thread

extension InferenceEngine {
    private func runThread() {
        defer {
            state.withLock { $0.phase = .ended }
            ended.open(.success(()))
        }
        let classifier: any TextClassifier
        do {
            classifier = try load()
        } catch {
            loaded.open(.failure(error))
            return
        }
        state.withLock { if $0.phase == .loading { $0.phase = .running } }
        loaded.open(.success(classifier))
        while let batch = nextBatch() {
            if batch.isEmpty { wakeUp.wait() } else { run(batch, classifier) }
        }
    }

    /// The next batch, empty when there is nothing to do yet, `nil` when there will be nothing more.
    private func nextBatch() -> [(slot: BatchQueue.Slot, input: ClassifierInput)]? {
        state.withLock { state in
            let slots = state.queue.nextBatch(tokens: limits.batchTokens)
            if slots.isEmpty, state.phase == .draining { return nil }
            return slots.compactMap { slot in
                state.requests[slot.request].map { (slot, $0.inputs[slot.index]) }
            }
        }
    }

    private func run(_ batch: [(slot: BatchQueue.Slot, input: ClassifierInput)], _ classifier: any TextClassifier) {
        let start = ContinuousClock.now
        let results = Result {
            try classifier.probabilities(
                batch.map(\.input), besideTraining: isBesideTraining)
        }
        let seconds = (ContinuousClock.now - start).seconds
        metrics.batchRan(inputs: batch.count, tokens: batch.reduce(0) { $0 + $1.input.tokens.count }, seconds: seconds)
        if case .failure(let error) = results {
            logger.error("a batch failed", metadata: ["inputs": "\(batch.count)", "error": "\(error)"])
        }
        let finished = state.withLock { state in
            state.secondsPerInput += 0.1 * (seconds / Double(batch.count) - state.secondsPerInput)
            return Self.deliver(results, to: batch.map(\.slot), in: &state)
        }
        // Continuations are resumed outside the lock: what they wake may come straight back.
        for (continuation, result) in finished { continuation.resume(with: result) }
    }

    private typealias Finished = (CheckedContinuation<[[Float]], any Error>, Result<[[Float]], any Error>)

    private static func deliver(
        _ results: Result<[[Float]], any Error>, to slots: [BatchQueue.Slot], in state: inout State
    ) -> [Finished] {
        var finished: [Finished] = []
        for (position, slot) in slots.enumerated() {
            // Cancelled meanwhile.
            guard state.requests[slot.request] != nil else { continue }
            switch results {
            case .success(let rows):
                state.requests[slot.request]?.results[slot.index] = rows[position]
                state.requests[slot.request]?.remaining -= 1
                if state.requests[slot.request]?.remaining == 0,
                    let request = state.requests.removeValue(forKey: slot.request)
                {
                    finished.append((request.continuation, .success(request.results)))
                }
            case .failure(let error):
                state.queue.cancel(slot.request)
                if let request = state.requests.removeValue(forKey: slot.request) {
                    finished.append((request.continuation, .failure(error)))
                }
            }
        }
        return finished
    }
}

extension Duration {
    var seconds: Double { Double(components.seconds) + Double(components.attoseconds) * 1e-18 }
}
