import Foundation
import GRDB
import Schema

extension ReplayState {
    /// The generation in this row, and the removals a reader applies to it: those since its update was claimed.
    ///
    /// - Parameter removalsThrough: the last removal to apply; later ones are left to what is written from this state.
    init(_ db: Database, task: Int64, generation: Int64?, removalsThrough: Int64 = .max) throws {
        self.init()
        let find = "SELECT * FROM replay_generation WHERE id = ?"
        guard let generation, let row = try Row.fetchOne(db, sql: find, arguments: [generation]) else { return }
        self.generation = ReplayGeneration(digest: row["digest"], examples: row["examples"], bytes: row["bytes"])
        let hashes = try Data.fetchAll(
            db, sql: "SELECT text_hash FROM replay_removal WHERE task = ? AND id > ? AND id <= ?",
            arguments: [task, row["removals_through"] as Int64, removalsThrough])
        removals = Set(hashes.compactMap(ContentHash.init(data:)))
    }
}

extension ReplayGeneration {
    /// - Returns: the new row.
    func insert(_ db: Database, task: Int64, removalsThrough: Int64) throws -> Int64 {
        try db.execute(
            sql: """
                INSERT INTO replay_generation (task, digest, examples, bytes, removals_through, created_at)
                VALUES (?, ?, ?, ?, ?, ?)
                """,
            arguments: [task, digest, examples, bytes, removalsThrough, Timestamp.now.seconds])
        return db.lastInsertedRowID
    }
}

/// The texts of one task that readers of older replay memories must drop.
struct ReplayRemovals {
    private let db: Database
    private let task: Int64

    init(_ db: Database, task: Int64) {
        self.db = db
        self.task = task
    }

    /// Forgets the removals that every memory still readable, or being written, has applied.
    func prune() throws {
        try db.execute(
            sql: """
                DELETE FROM replay_removal WHERE task = :task AND id <= (
                    SELECT coalesce(min(through), 9223372036854775807) FROM (
                        SELECT removals_through AS through FROM replay_generation WHERE task = :task
                        UNION ALL
                        SELECT removals_through FROM update_run
                        WHERE task = :task AND \(UpdateRecord.active)
                            AND removals_through IS NOT NULL))
                """,
            arguments: ["task": task])
    }
}
