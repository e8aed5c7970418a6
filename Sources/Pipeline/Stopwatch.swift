import Synchronization

/// Seconds that several pieces of work have taken together.
final class Stopwatch: Sendable {
    private let total = Mutex(0.0)

    var seconds: Double { total.withLock { $0 } }

    func time<Value>(_ work: () throws -> Value) rethrows -> Value {
        let start = ContinuousClock.now
        defer { total.withLock { $0 += (ContinuousClock.now - start) / .seconds(1) } }
        return try work()
    }
}
