import Foundation
import GRDB
import Schema
import Synchronization

/// Group commit: whatever was queued while the last transaction ran goes into the next one.
///
/// A durable commit costs about the same for one row as for a thousand, so many small appends share it. Each caller
/// gets its answer only after the commit that holds its rows has returned.
final class AppendQueue: Sendable {
    /// Entries one transaction takes at most (but always one append), so that no caller waits long for the lock.
    static let entriesPerTransaction = 8_192

    struct Append: Sendable {
        let task: TaskName
        let entries: [HashedEntry]
        let refused: IngestReport
        let idempotency: IdempotencyKey?
    }

    private struct Waiting: Sendable {
        let append: Append
        let continuation: CheckedContinuation<LedgerAnswer, any Error>
    }

    private let pool: DatabasePool
    private let waiting = Mutex<[Waiting]>([])

    init(pool: DatabasePool) { self.pool = pool }

    /// Durable once it returns. A cancelled caller still waits: the rows are written either way.
    func commit(_ append: Append) async throws -> LedgerAnswer {
        try await withCheckedThrowingContinuation { continuation in
            let isFirst = waiting.withLock { queue in
                queue.append(Waiting(append: append, continuation: continuation))
                return queue.count == 1
            }
            if isFirst { schedule() }
        }
    }

    /// Called once each time the queue stops being empty, and again by ``drain(_:)`` for what it left.
    private func schedule() {
        pool.asyncWriteWithoutTransaction { db in self.drain(db) }
    }

    private func drain(_ db: Database) {
        let (group, isEmpty) = waiting.withLock { queue in
            var entries = 0
            let end = queue.firstIndex { waiting in
                entries += waiting.append.entries.count
                return entries > Self.entriesPerTransaction
            }
            let group = Array(queue.prefix(max(end ?? queue.count, 1)))
            queue.removeFirst(group.count)
            return (group, queue.isEmpty)
        }
        var answers: [Result<LedgerAnswer, any Error>] = []
        do {
            try db.inTransaction(.immediate) {
                var writer = try LedgerWriter(db, now: .now)
                answers = try group.map { waiting in try Self.attempt { try writer.append(waiting.append) } }
                return .commit
            }
        } catch {
            answers = group.map { _ in .failure(error) }
        }
        for (waiting, answer) in zip(group, answers) { waiting.continuation.resume(with: answer) }
        if !isEmpty { schedule() }
    }

    /// A refusal (unknown task, conflicting key) comes before the append's first write and concerns its caller only;
    /// a failure of the database ends the transaction for all.
    private static func attempt(_ body: () throws -> LedgerAnswer) throws -> Result<LedgerAnswer, any Error> {
        do {
            return .success(try body())
        } catch let refusal as StoreError {
            return .failure(refusal)
        }
    }
}
