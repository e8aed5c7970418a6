import Foundation
import GRDB
import Schema

/// Training examples that no promoted update has learned yet, as the analytic head takes them.
public struct OpenExample: Sendable, Hashable {
    public var task: TaskName
    public var example: LedgerExample
}

extension Store {
    /// Training examples of all tasks that arrived after `sequence` and wait, are being learned or are parked; in order
    /// of arrival. Reads the end of the ledger only.
    public func openExamples(after sequence: Int64, limit: Int) async throws -> [OpenExample] {
        try await read { db in
            let sql = """
                SELECT example.*, label.name AS label_name, task.name AS task_name
                FROM example JOIN label ON label.id = example.label JOIN task ON task.id = example.task
                WHERE sequence > ? AND example.held_out = 0 AND state IN (0, 1, 3) ORDER BY sequence LIMIT ?
                """
            return try Row.fetchAll(db, sql: sql, arguments: [sequence, limit]).map { row in
                OpenExample(task: try TaskName(row["task_name"]), example: try LedgerExample(open: row, db))
            }
        }
    }

    /// All of one task's, through its small indices.
    public func openExamples(_ task: TaskName) async throws -> [LedgerExample] {
        try await read { db in
            let id = try TaskRecord.id(db, task)
            let sql = """
                SELECT example.*, label.name AS label_name FROM example JOIN label ON label.id = example.label
                WHERE example.task = :task AND state IN (0, 3) AND example.held_out = 0
                UNION ALL
                SELECT example.*, label.name AS label_name FROM example JOIN label ON label.id = example.label
                WHERE \(ExampleState.held) AND state = 1 AND example.held_out = 0 AND update_number IN (
                    SELECT number FROM update_run
                    WHERE task = :task AND \(UpdateRecord.active))
                ORDER BY sequence
                """
            return try Row.fetchAll(db, sql: sql, arguments: ["task": id]).map { try LedgerExample(open: $0, db) }
        }
    }

    /// Whether a task has any.
    public func hasOpenExamples(_ task: TaskName) async throws -> Bool {
        try await read { db in
            let id = try TaskRecord.id(db, task)
            let sql = """
                SELECT EXISTS (SELECT 1 FROM example WHERE task = :task AND state IN (0, 3) AND held_out = 0)
                    OR EXISTS (
                        SELECT 1 FROM example WHERE \(ExampleState.held) AND state = 1 AND held_out = 0
                            AND update_number IN (
                                SELECT number FROM update_run
                                WHERE task = :task AND \(UpdateRecord.active)))
                """
            return try Bool.fetchOne(db, sql: sql, arguments: ["task": id]) ?? false
        }
    }

    /// Of one task's training examples from `sequence` on, those that were relabelled or replaced, are held out now, or
    /// are set aside.
    public func withdrawn(_ task: TaskName, from sequence: Int64) async throws -> [Int64] {
        try await read { db in
            let id = try TaskRecord.id(db, task)
            return try Int64.fetchAll(
                db.cachedStatement(sql: Self.selectWithdrawn), arguments: ["task": id, "sequence": sequence])
        }
    }

    /// As SQL.
    package static let selectWithdrawn = """
        SELECT sequence FROM example
        WHERE task = :task AND state = \(ExampleState.superseded) AND sequence >= :sequence
        UNION ALL
        SELECT sequence FROM example
        WHERE task = :task AND \(ExampleState.open) AND held_out = 1 AND sequence >= :sequence
        UNION ALL
        SELECT sequence FROM example
        WHERE task = :task AND \(ExampleState.doubted) AND held_out = 0 AND sequence >= :sequence
        """

    /// Sequence number of the newest example of any task; 0 without one.
    public func lastSequence() async throws -> Int64 {
        try await read { try Int64.fetchOne($0, sql: "SELECT coalesce(max(sequence), 0) FROM example") ?? 0 }
    }
}

extension LedgerExample {
    fileprivate init(open row: Row, _ db: Database) throws {
        self.init(row)
        if row["trained"] { replaced = try Replaced(db, replacedBy: row) }
    }
}
