import Foundation
import GRDB
import Schema

/// Answers already given, by key: written in the same transaction as the rows they speak of.
struct IdempotencyStore {
    private let db: Database
    private let task: Int64
    private let now: Timestamp

    init(_ db: Database, task: Int64, now: Timestamp) {
        self.db = db
        self.task = task
        self.now = now
    }

    /// The answer given before to the same key and body; forgets those past their time.
    ///
    /// - Throws: ``StoreError/idempotencyConflict(key:)`` when the key came with another body.
    func answer(to key: IdempotencyKey) throws -> LedgerAnswer? {
        try db.cachedStatement(sql: "DELETE FROM idempotency WHERE created_at <= ?")
            .execute(arguments: [now.seconds - IdempotencyKey.lifetimeSeconds])
        let find = try db.cachedStatement(sql: "SELECT body_digest, answer FROM idempotency WHERE task = ? AND key = ?")
        guard let row = try Row.fetchOne(find, arguments: [task, key.key]) else { return nil }
        guard row["body_digest"] == key.bodyDigest else { throw StoreError.idempotencyConflict(key: key.key) }
        return LedgerAnswer(report: try StoredValue.decodeJSON(row["answer"]), replayed: true)
    }

    func store(_ report: IngestReport, for key: IdempotencyKey) throws {
        try db.cachedStatement(
            sql: "INSERT INTO idempotency (task, key, body_digest, answer, created_at) VALUES (?, ?, ?, ?, ?)"
        ).execute(
            arguments: [task, key.key, key.bodyDigest, try StoredValue.encodeJSON(report), now.seconds])
    }
}
