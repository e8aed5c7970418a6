import Foundation
import GRDB
import Schema

/// The examples one update holds.
struct Claims {
    private let db: Database
    private let update: Int64
    private let task: Int64

    /// Why examples go back, where it counts: after ``UpdateRecord/attemptLimit`` times they are parked.
    enum Fault: String {
        case rejections, failures
    }

    init(_ db: Database, _ record: UpdateRecord) {
        self.db = db
        update = record.number
        task = record.task
    }

    /// Claims the task's pending examples in order of arrival: at most `limit` to train on, and the held-out ones that
    /// arrived before the last of them.
    ///
    /// - Returns: how many there are to train on.
    func take(limit: Int?) throws -> Int {
        var last = Int64.max
        if let limit {
            let sql = """
                SELECT sequence FROM example
                WHERE task = ? AND state = \(ExampleState.pending) AND \(ExampleState.open) AND held_out = 0
                ORDER BY sequence LIMIT 1 OFFSET ?
                """
            // The first one beyond the limit ends the range.
            last = try Int64.fetchOne(db, sql: sql, arguments: [task, max(limit, 1)]).map { $0 - 1 } ?? last
        }
        try db.execute(
            sql: """
                UPDATE example SET state = \(ExampleState.claimed), update_number = ?
                WHERE task = ? AND state = \(ExampleState.pending) AND \(ExampleState.open) AND sequence <= ?
                """,
            arguments: [update, task, last])
        let sql = "SELECT count(*) FROM example WHERE update_number = ? AND \(ExampleState.held) AND held_out = 0"
        return try Int.fetchOne(db, sql: sql, arguments: [update]) ?? 0
    }

    /// What the update learns from or is judged by, in order of arrival: as it was claimed, whatever was relabelled
    /// since.
    func examples(heldOut: Bool) throws -> [LedgerExample] {
        let sql = """
            SELECT example.*, label.name AS label_name FROM example JOIN label ON label.id = example.label
            WHERE update_number = ? AND \(ExampleState.held) AND example.held_out = ? ORDER BY sequence
            """
        return try Row.fetchAll(db, sql: sql, arguments: [update, heldOut]).map { row in
            var example = LedgerExample(row)
            if !heldOut, row["trained"] { example.replaced = try LedgerExample.Replaced(db, replacedBy: row) }
            return example
        }
    }

    /// Moves what was trained on out of the inbox, and what was held out into the slice of `experience`.
    func consume(experience: Int, retention: Retention) throws {
        // Relabelled while the update ran: it was learned all the same.
        try db.execute(
            sql: """
                UPDATE example SET experience = ?
                WHERE update_number = ? AND \(ExampleState.held) AND state = \(ExampleState.superseded)
                    AND held_out = 0
                """,
            arguments: [experience, update])
        try dropSuperseded()
        let metadata = retention == .inbox ? ", id = NULL, source = NULL, timestamp = NULL" : ""
        let text = retention == .inbox ? ", text = NULL" : ""
        let mine = "update_number = :update AND \(ExampleState.held) AND state = \(ExampleState.claimed)"
        try db.execute(
            sql: """
                UPDATE example SET state = \(ExampleState.heldOut), experience = :experience\(metadata)
                WHERE \(mine) AND held_out = 1
                """,
            arguments: ["experience": experience, "update": update])
        try db.execute(
            sql: """
                UPDATE example SET state = \(ExampleState.consumed), experience = :experience\(metadata)\(text)
                WHERE \(mine)
                """,
            arguments: ["experience": experience, "update": update])
    }

    /// Makes the examples wait again, or parks those that went back too often.
    func giveBack(counting fault: Fault?) throws {
        try dropSuperseded()
        let state =
            fault.map {
                """
                iif(\($0.rawValue) + 1 >= \(UpdateRecord.attemptLimit), \(ExampleState.parked), \(ExampleState.pending))
                """
            } ?? "\(ExampleState.pending)"
        let count = fault.map { ", \($0.rawValue) = \($0.rawValue) + 1" } ?? ""
        try db.execute(
            sql: """
                UPDATE example SET state = \(state), update_number = NULL\(count)
                WHERE update_number = ? AND \(ExampleState.held) AND state = \(ExampleState.claimed)
                """,
            arguments: [update])
    }

    /// What was relabelled while the update ran was kept for it only.
    private func dropSuperseded() throws {
        try db.execute(
            sql: """
                UPDATE example SET text = NULL, id = NULL, source = NULL, timestamp = NULL, update_number = NULL
                WHERE update_number = ? AND \(ExampleState.held) AND state = \(ExampleState.superseded)
                """,
            arguments: [update])
    }
}

extension LedgerExample.Replaced {
    /// What the text of a training row was last learned as; `nil` when it was not learned before.
    init?(_ db: Database, replacedBy row: Row) throws {
        let sql = """
            SELECT label.name AS label_name, experience FROM example JOIN label ON label.id = example.label
            WHERE example.task = ? AND text_hash = ? AND state = \(ExampleState.superseded) AND example.held_out = 0
                AND experience IS NOT NULL AND sequence < ?
            ORDER BY sequence DESC LIMIT 1
            """
        let arguments: StatementArguments = [
            row["task"] as Int64, row["text_hash"] as Data, row["sequence"] as Int64,
        ]
        guard let old = try Row.fetchOne(db.cachedStatement(sql: sql), arguments: arguments) else { return nil }
        self.init(label: old["label_name"], experience: old["experience"])
    }
}

extension LedgerExample {
    /// From a row of `example` with the label's name as `label_name`.
    init(_ row: Row) {
        self.init(
            sequence: row["sequence"], text: row["text"], label: row["label_name"], id: row["id"],
            source: row["source"], timestamp: row["timestamp"], isVetted: row["vetted"])
    }
}
