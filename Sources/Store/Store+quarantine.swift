import GRDB
import Schema

/// Which examples a reviewer decides about.
public enum QuarantineSelection: Sendable, Hashable {
    case all
    /// By sequence number.
    case examples([Int64])
}

extension Store {
    /// Sets aside those of a running update's examples that are doubted, and marks the others as found good.
    ///
    /// A superseded one, relabelled since the claim, is left to the update: it goes with its end.
    ///
    /// - Parameter doubted: by sequence number.
    /// - Returns: the update; cancelled when nothing is left to train on, for no task that takes part, and its held-out
    ///   examples wait again.
    /// - Throws: ``StoreError/updateNotRunning(_:status:)``.
    public func setAside(_ doubted: [Int64: Suspicion], from id: String) async throws -> Update {
        try await write { db in
            var record = try UpdateRecord.findRunning(db, id)
            let isMine = "update_number = ? AND \(ExampleState.held) AND state = \(ExampleState.claimed)"
            for (sequence, suspicion) in doubted.sorted(by: { $0.key < $1.key }) {
                let isHeldOut = try Bool.fetchOne(
                    db, sql: "SELECT held_out FROM example WHERE sequence = ? AND \(isMine)",
                    arguments: [sequence, record.number])
                guard let isHeldOut else { continue }
                try db.execute(
                    sql: """
                        UPDATE example SET state = \(ExampleState.quarantined), update_number = NULL WHERE sequence = ?
                        """, arguments: [sequence])
                try db.execute(
                    sql: """
                        INSERT OR REPLACE INTO quarantine (sequence, task, update_id, suspicion, since)
                        VALUES (?, ?, ?, ?, ?)
                        """,
                    arguments: [
                        sequence, record.task, id, try StoredValue.encodeJSON(suspicion), Timestamp.now.seconds,
                    ])
                record.value.examples.quarantined += 1
                if !isHeldOut { record.value.examples.new -= 1 }
            }
            try db.execute(sql: "UPDATE example SET vetted = 1 WHERE \(isMine)", arguments: [record.number])
            try record.save(db)
            let together = try record.together(db)
            if together.allSatisfy({ $0.value.examples.new == 0 }) {
                try UpdateRecord.end(
                    db, together, as: .cancelled, error: "all its examples were set aside for review")
            }
            return try UpdateRecord.find(db, id).value
        }
    }

    /// What is set aside, newest first.
    public func quarantine(_ task: TaskName, limit: Int = 100) async throws -> [QuarantinedExample] {
        try await read { db in
            let sql = """
                SELECT example.*, label.name AS label_name, quarantine.suspicion AS suspicion,
                    quarantine.update_id AS update_id, quarantine.since AS since
                FROM quarantine JOIN example ON example.sequence = quarantine.sequence
                JOIN label ON label.id = example.label
                WHERE quarantine.task = ? AND quarantine.outcome IS NULL ORDER BY example.sequence DESC LIMIT ?
                """
            return try Row.fetchAll(db, sql: sql, arguments: [TaskRecord.id(db, task), limit]).map { row in
                QuarantinedExample(
                    sequence: row["sequence"], text: row["text"], label: row["label_name"], id: row["id"],
                    source: row["source"], suspicion: try StoredValue.decodeJSON(row["suspicion"]),
                    update: row["update_id"], since: Timestamp(seconds: row["since"]))
            }
        }
    }

    /// Lets examples join the next update; they are not doubted again.
    ///
    /// - Returns: how many.
    /// - Throws: ``StoreError/notQuarantined(_:sequence:)`` before anything is written.
    public func releaseQuarantined(_ task: TaskName, _ selection: QuarantineSelection) async throws -> Int {
        try await decide(task, selection, outcome: "released") { db, sequence in
            try db.execute(
                sql: """
                    UPDATE example SET state = \(ExampleState.pending), vetted = 1, rejections = 0, failures = 0
                    WHERE sequence = ?
                    """, arguments: [sequence])
        }
    }

    /// Drops examples and their texts. Their hashes stay, so that the same text with the same label is a duplicate;
    /// with another label it is new.
    ///
    /// - Returns: how many.
    /// - Throws: ``StoreError/notQuarantined(_:sequence:)`` before anything is written.
    public func dropQuarantined(_ task: TaskName, _ selection: QuarantineSelection) async throws -> Int {
        try await decide(task, selection, outcome: "dropped") { db, sequence in
            try db.execute(
                sql: """
                    UPDATE example
                    SET state = \(ExampleState.dropped), text = NULL, id = NULL, source = NULL, timestamp = NULL
                    WHERE sequence = ?
                    """, arguments: [sequence])
        }
    }

    /// How many examples of each task have been released so far; a task without any is left out.
    public func releasedExamples() async throws -> [TaskName: Int] {
        try await read { db in
            let sql = """
                SELECT task.name AS name, count(*) AS count FROM quarantine JOIN task ON task.id = quarantine.task
                WHERE outcome = 'released' GROUP BY task.id
                """
            var counts: [TaskName: Int] = [:]
            for row in try Row.fetchAll(db.cachedStatement(sql: sql)) { counts[try TaskName(row["name"])] = row["count"] }
            return counts
        }
    }

    /// Since each task was created.
    public func quarantineCounts() async throws -> [TaskName: QuarantineCounts] {
        try await read { db in
            let sql = """
                SELECT task.name AS name, count(*) AS set_aside, total(outcome = 'released') AS released,
                    total(outcome = 'dropped') AS dropped
                FROM quarantine JOIN task ON task.id = quarantine.task GROUP BY task.id
                """
            var counts: [TaskName: QuarantineCounts] = [:]
            for row in try Row.fetchAll(db, sql: sql) {
                counts[try TaskName(row["name"])] = QuarantineCounts(
                    setAside: row["set_aside"], released: row["released"], dropped: row["dropped"])
            }
            return counts
        }
    }

    private func decide(
        _ task: TaskName, _ selection: QuarantineSelection, outcome: String,
        _ apply: @escaping @Sendable (Database, Int64) throws -> Void
    ) async throws -> Int {
        try await write { db in
            let id = try TaskRecord.id(db, task)
            let waiting = try Int64.fetchAll(
                db, sql: "SELECT sequence FROM quarantine WHERE task = ? AND outcome IS NULL ORDER BY sequence",
                arguments: [id])
            var chosen = waiting
            if case .examples(let sequences) = selection {
                let known = Set(waiting)
                if let unknown = sequences.first(where: { !known.contains($0) }) {
                    throw StoreError.notQuarantined(task, sequence: unknown)
                }
                chosen = Set(sequences).sorted()
            }
            for sequence in chosen {
                try apply(db, sequence)
                try db.execute(
                    sql: "UPDATE quarantine SET outcome = ? WHERE sequence = ?", arguments: [outcome, sequence])
            }
            return chosen.count
        }
    }
}
