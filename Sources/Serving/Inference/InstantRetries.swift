import Schema

/// When heads that failed are made again: after a pause that is twice as long after each failure, so that one that
/// cannot be made costs next to nothing.
struct InstantRetries {
    private static let firstPause = Duration.seconds(1)
    private static let longestPause = Duration.seconds(60)
    private var pauses: [TaskName: Duration] = [:]
    private var waiting: [TaskName: Task<Void, Never>] = [:]

    /// After a failure.
    mutating func add(_ name: TaskName, _ retry: @escaping @Sendable () async -> Void) {
        let pause = pauses[name].map { min($0 * 2, Self.longestPause) } ?? Self.firstPause
        pauses[name] = pause
        waiting[name]?.cancel()
        waiting[name] = Task {
            do { try await Task.sleep(for: pause) } catch { return }
            await retry()
        }
    }

    /// Once a head has been made, and of a task that is gone.
    mutating func remove(_ name: TaskName) {
        pauses[name] = nil
        waiting.removeValue(forKey: name)?.cancel()
    }

    mutating func keep(only names: Set<TaskName>) {
        for name in Set(pauses.keys).subtracting(names) { remove(name) }
    }

    mutating func removeAll() { keep(only: []) }
}
