import Foundation
import GRDB
import Schema

/// One task's part of the ledger within a transaction: its labels with their counts, and its rules.
struct TaskLedger {
    let task: Int64
    /// Whether any example was ever superseded: most tasks never look for one.
    private(set) var hasSuperseded: Bool
    private let holdout: Double
    private var labelCount: Int
    private var labels: [String: Int64] = [:]
    private var spellings = LabelSpellings()
    private var counts: [Int64: LabelCount] = [:]

    private struct LabelCount {
        var examples: Int
        var heldOut: Int
        var isChanged = false
    }

    /// A row that may have to give way.
    struct Known {
        let sequence: Int64
        let label: Int64
        let state: ExampleState
        let isHeldOut: Bool
    }

    /// From this many examples on, a label has at least one held out.
    static let examplesForHoldout = 4

    init(_ db: Database, _ name: TaskName) throws {
        let sql = """
            SELECT id, json_extract(policy, '$.holdout') AS holdout,
                (SELECT count(*) FROM label WHERE task = task.id) AS labels,
                EXISTS (SELECT 1 FROM example WHERE task = task.id AND state = 4) AS superseded
            FROM task WHERE name = ?
            """
        guard let row = try Row.fetchOne(db.cachedStatement(sql: sql), arguments: [name.rawValue]) else {
            throw StoreError.unknownTask(name)
        }
        task = row["id"]
        holdout = row["holdout"] ?? UpdatePolicy().holdout
        labelCount = row["labels"]
        hasSuperseded = row["superseded"]
    }

    /// The label's number; a new label gets one. `nil` when the task has as many labels as it may.
    mutating func label(_ db: Database, _ name: String) throws -> Int64? {
        if let id = labels[name] { return id }
        let find = try db.cachedStatement(sql: "SELECT id, examples, held_out FROM label WHERE task = ? AND name = ?")
        let row =
            try Row.fetchOne(find, arguments: [task, name])
            ?? spellings.known(db, task, name).flatMap { try Row.fetchOne(find, arguments: [task, $0]) }
        if let row {
            let id: Int64 = row["id"]
            labels[name] = id
            // A count that is here already may have changed since the row was written.
            if counts[id] == nil { counts[id] = LabelCount(examples: row["examples"], heldOut: row["held_out"]) }
            return id
        }
        guard labelCount < ExampleLimits.labelsPerTask else { return nil }
        try db.cachedStatement(sql: "INSERT INTO label (task, name) VALUES (?, ?)").execute(arguments: [task, name])
        labelCount += 1
        spellings.add(name)
        labels[name] = db.lastInsertedRowID
        counts[db.lastInsertedRowID] = LabelCount(examples: 0, heldOut: 0)
        return db.lastInsertedRowID
    }

    /// The side of a text never seen before: its place decides, but what a label has no other example of is learned.
    func side(of entry: HashedEntry, label: Int64) -> Side {
        let isOnly = counts[label].map { $0.examples == $0.heldOut } ?? true
        return Side(isHeldOut: entry.place < holdout && !isOnly)
    }

    /// The side of a text whose example was superseded: it stays where it was.
    func supersededSide(_ db: Database, _ textHash: Data) throws -> Side? {
        let sql = """
            SELECT held_out, trained FROM example WHERE task = ? AND text_hash = ? AND state = 4
            ORDER BY sequence DESC LIMIT 1
            """
        return try Row.fetchOne(db.cachedStatement(sql: sql), arguments: [task, textHash]).map {
            Side(isHeldOut: $0["held_out"], isTrained: $0["trained"])
        }
    }

    /// The examples that have this text or this id now.
    func find(_ db: Database, text: Data, id: Data?) throws -> (byText: Known?, byID: Known?) {
        let columns = "SELECT sequence, label, state, held_out FROM example WHERE task = ?"
        let byText = try db.cachedStatement(sql: "\(columns) AND text_hash = ? AND state <> 4")
        let byID = try db.cachedStatement(sql: "\(columns) AND id_hash = ? AND state <> 4 AND id_hash IS NOT NULL")
        return (
            try Row.fetchOne(byText, arguments: [task, text]).map(Known.init),
            try id.flatMap { try Row.fetchOne(byID, arguments: [task, $0]).map(Known.init) }
        )
    }

    /// Takes an example out of everything that is learned, judged by or replayed from now on.
    mutating func supersede(_ db: Database, _ known: Known) throws {
        // A running update keeps its inputs until it ends, so that it can be restarted with the same.
        let dropsText = known.state != .claimed
        let wasTrained = !known.isHeldOut && (known.state == .claimed || known.state == .consumed)
        try db.cachedStatement(
            sql: """
                UPDATE example SET state = 4, trained = trained OR :trained, id_hash = NULL,
                    text = iif(:drops, NULL, text), id = iif(:drops, NULL, id), source = iif(:drops, NULL, source),
                    timestamp = iif(:drops, NULL, timestamp), update_number = iif(:drops, NULL, update_number)
                WHERE sequence = :sequence
                """
        ).execute(arguments: ["trained": wasTrained, "drops": dropsText, "sequence": known.sequence])
        if known.state == .quarantined {
            // Sent again with another label: the doubt is settled.
            try db.execute(
                sql: "UPDATE quarantine SET outcome = 'dropped' WHERE sequence = ?", arguments: [known.sequence])
        }
        if wasTrained {
            try db.execute(
                sql:
                    """
                    INSERT INTO replay_removal (task, text_hash)
                    SELECT task, text_hash FROM example WHERE sequence = ?
                    """,
                arguments: [known.sequence])
        }
        hasSuperseded = true
        try loadCount(db, known.label)
        counts[known.label]?.examples -= 1
        if known.isHeldOut { counts[known.label]?.heldOut -= 1 }
        counts[known.label]?.isChanged = true
    }

    /// Counts an accepted example.
    mutating func count(label: Int64, heldOut: Bool) {
        counts[label]?.examples += 1
        if heldOut { counts[label]?.heldOut += 1 }
        counts[label]?.isChanged = true
    }

    /// Holds one example out for each label that has enough and none held out, and writes the counts.
    mutating func finishAppend(_ db: Database) throws {
        for id in counts.filter(\.value.isChanged).keys.sorted() {
            guard var count = counts[id] else { continue }
            if holdout > 0, count.heldOut == 0, count.examples >= Self.examplesForHoldout, try holdOutOne(db, label: id)
            {
                count.heldOut = 1
            }
            try db.cachedStatement(sql: "UPDATE label SET examples = ?, held_out = ? WHERE id = ?")
                .execute(arguments: [count.examples, count.heldOut, id])
            count.isChanged = false
            counts[id] = count
        }
    }

    /// The pending example with the smallest hash, among those whose text was never trained on.
    private func holdOutOne(_ db: Database, label: Int64) throws -> Bool {
        try db.cachedStatement(
            sql: """
                UPDATE example SET held_out = 1 WHERE sequence = (
                    SELECT sequence FROM example
                    WHERE task = ? AND state = 0 AND \(ExampleState.open) AND held_out = 0
                        AND rejections IN (0, 1, 2) AND failures IN (0, 1, 2) AND label = ? AND trained = 0
                    ORDER BY text_hash LIMIT 1)
                """
        ).execute(arguments: [task, label])
        return db.changesCount == 1
    }

    private mutating func loadCount(_ db: Database, _ label: Int64) throws {
        guard counts[label] == nil else { return }
        let sql = "SELECT examples, held_out FROM label WHERE id = ?"
        if let row = try Row.fetchOne(db.cachedStatement(sql: sql), arguments: [label]) {
            counts[label] = LabelCount(examples: row["examples"], heldOut: row["held_out"])
        }
    }
}

extension TaskLedger.Known {
    fileprivate init(_ row: Row) throws {
        let state: Int = row["state"]
        guard let state = ExampleState(rawValue: state) else {
            throw DatabaseError(resultCode: .SQLITE_CORRUPT, message: "\(state) is not the state of an example")
        }
        self.init(sequence: row["sequence"], label: row["label"], state: state, isHeldOut: row["held_out"])
    }
}
