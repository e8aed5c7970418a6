import Foundation

/// Runs long, blocking work on a thread of its own, away from the cooperative pool.
enum BlockingThread {
    static func run<Value: Sendable>(_ work: @escaping @Sendable () throws -> Value) async throws -> Value {
        try await withCheckedThrowingContinuation { continuation in
            let thread = Thread { continuation.resume(with: Result { try work() }) }
            thread.name = "training"
            thread.stackSize = 8 << 20
            thread.start()
        }
    }
}
