import Logging
import Synchronization

/// What was logged, as `level: message`.
public final class RecordedLog: Sendable {
    private struct State {
        var lines: [String] = []
        var waiters: [(isEnough: @Sendable ([String]) -> Bool, continuation: CheckedContinuation<Void, Never>)] = []
    }

    private let state = Mutex(State())

    public init() {}

    public var lines: [String] { state.withLock { $0.lines } }

    /// Returns once what was logged is enough.
    public func wait(until isEnough: @escaping @Sendable ([String]) -> Bool) async {
        await withCheckedContinuation { continuation in
            let isThere = state.withLock { state in
                if isEnough(state.lines) { return true }
                state.waiters.append((isEnough, continuation))
                return false
            }
            if isThere { continuation.resume() }
        }
    }

    private func add(_ line: String) {
        let ready = state.withLock { state in
            state.lines.append(line)
            let ready = state.waiters.filter { $0.isEnough(state.lines) }
            state.waiters.removeAll { $0.isEnough(state.lines) }
            return ready
        }
        for waiter in ready { waiter.continuation.resume() }
    }

    public var logger: Logger { Logger(label: "test") { _ in Handler(log: self) } }

    private struct Handler: LogHandler {
        let log: RecordedLog
        var metadata = Logger.Metadata()
        var logLevel = Logger.Level.trace

        func log(event: LogEvent) { log.add("\(event.level): \(event.message)") }

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }
    }
}
