import GRDB
import Schema

extension Store {
    /// Appends a batch; what it accepted is durable once this returns.
    ///
    /// A batch with an idempotency key is written whole or not at all. One without is written in parts of a few
    /// thousand entries: after an error, send it again, and what was written counts as duplicates.
    ///
    /// - Throws: ``StoreError/unknownTask(_:)``, ``StoreError/idempotencyConflict(key:)``.
    public func append(_ batch: LedgerBatch, to task: TaskName) async throws -> LedgerAnswer {
        let limit = batch.idempotency == nil ? AppendQueue.entriesPerTransaction : Int.max
        var answer = try await appendPart(batch.entries.prefix(limit), batch.refused, batch.idempotency, task)
        var rest = batch.entries.dropFirst(limit)
        while !rest.isEmpty {
            let part = try await appendPart(rest.prefix(limit), IngestReport(), nil, task)
            answer.report.merge(part.report)
            rest = rest.dropFirst(limit)
        }
        return answer
    }

    /// What waits for the next update. Cheap enough to poll.
    public func pending(_ task: TaskName) async throws -> PendingExamples {
        try await read { db in try PendingExamples(db, task: TaskRecord.id(db, task)) }
    }

    /// Where the task's accepted examples are.
    public func counts(_ task: TaskName) async throws -> LedgerCounts {
        try await read { db in try LedgerCounts(db, task: TaskRecord.id(db, task)) }
    }

    /// Lets parked examples join the next update, with a clean slate.
    ///
    /// - Returns: how many were released.
    public func releaseParked(_ task: TaskName) async throws -> Int {
        try await write { db in
            try db.execute(
                sql: """
                    UPDATE example SET state = \(ExampleState.pending), rejections = 0, failures = 0
                    WHERE task = ? AND state = \(ExampleState.parked) AND \(ExampleState.open)
                    """,
                arguments: [TaskRecord.id(db, task)])
            return db.changesCount
        }
    }

    private func appendPart(
        _ entries: ArraySlice<LedgerEntry>, _ refused: IngestReport, _ idempotency: IdempotencyKey?, _ task: TaskName
    ) async throws -> LedgerAnswer {
        var hashed: [HashedEntry] = []
        hashed.reserveCapacity(entries.count)
        var refused = refused
        for entry in entries {
            do {
                hashed.append(try HashedEntry(entry))
            } catch {
                refused.reject(error)
            }
        }
        let append = AppendQueue.Append(task: task, entries: hashed, refused: refused, idempotency: idempotency)
        do {
            return try await appends.commit(append)
        } catch {
            throw StoreError(error, path: home.database.path)
        }
    }
}

extension PendingExamples {
    /// Range scans over two small indices; at most two rows of the table are read.
    init(_ db: Database, task: Int64) throws {
        let sql = """
            SELECT state, held_out, rejections = 0 AND failures = 0 AS fresh, count(*) AS count, min(sequence) AS first,
                max(sequence) AS last
            FROM example WHERE task = ? AND \(ExampleState.open) GROUP BY state, held_out, rejections, failures
            """
        self.init()
        let doubted = "SELECT count(*) FROM example WHERE task = ? AND state = 6 AND \(ExampleState.doubted)"
        quarantined = try Int.fetchOne(db.cachedStatement(sql: doubted), arguments: [task]) ?? 0
        for row in try Row.fetchAll(db.cachedStatement(sql: sql), arguments: [task]) {
            let count: Int = row["count"]
            if row["state"] == ExampleState.parked.rawValue {
                parked += count
            } else if row["held_out"] {
                heldOut += count
            } else {
                training += count
                guard try row["fresh"] && !Self.wasCancelled(db, task: task, last: row["last"]) else { continue }
                fresh = count
                let oldest = "SELECT arrived_at FROM example WHERE sequence = ?"
                oldestArrival = try Double.fetchOne(
                    db.cachedStatement(sql: oldest), arguments: [row["first"] as Int64]
                ).map(Timestamp.init(seconds:))
            }
        }
    }

    /// Whether the newest update was cancelled, and nothing has come since: who cancelled it does not want it again.
    private static func wasCancelled(_ db: Database, task: Int64, last: Int64) throws -> Bool {
        let sql = """
            SELECT status = 'cancelled' AND error IS NULL AND finished_at >= (SELECT arrived_at FROM example WHERE sequence = ?)
            FROM update_run WHERE task = ? ORDER BY number DESC LIMIT 1
            """
        return try Bool.fetchOne(db.cachedStatement(sql: sql), arguments: [last, task]) ?? false
    }
}

extension LedgerCounts {
    /// Reads the labels' counts and the small indices, never the ledger.
    init(_ db: Database, task: Int64) throws {
        let sql = """
            SELECT
                (SELECT count(*) FROM example WHERE task = :task AND state = 0 AND \(ExampleState.open)) AS pending,
                (SELECT count(*) FROM example WHERE task = :task AND state = 3 AND \(ExampleState.open)) AS parked,
                (SELECT count(*) FROM example WHERE task = :task AND state = 4) AS superseded,
                (SELECT count(*) FROM example WHERE task = :task AND state = 5) AS held_out,
                (SELECT count(*) FROM example WHERE task = :task AND state = 6 AND \(ExampleState.doubted))
                    AS quarantined,
                (SELECT count(*) FROM example WHERE task = :task AND state = 7 AND \(ExampleState.doubted)) AS dropped,
                (SELECT count(*) FROM example WHERE \(ExampleState.held) AND state = 1 AND update_number IN (
                    SELECT number FROM update_run
                    WHERE task = :task AND \(UpdateRecord.active))) AS claimed,
                (SELECT total(examples) FROM label WHERE task = :task) AS live
            """
        self.init()
        guard let row = try Row.fetchOne(db, sql: sql, arguments: ["task": task]) else { return }
        pending = row["pending"]
        parked = row["parked"]
        superseded = row["superseded"]
        heldOut = row["held_out"]
        claimed = row["claimed"]
        quarantined = row["quarantined"]
        dropped = row["dropped"]
        consumed = row["live"] - pending - parked - heldOut - claimed - quarantined - dropped
    }
}
