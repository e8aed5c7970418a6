import Foundation
import GRDB
import Schema

extension Store {
    /// Events kept for each task.
    public static let driftEventsKept = 200

    /// What was last judged, with the task's events, newest first; a report without verdicts before that.
    public func drift(_ task: TaskName) async throws -> DriftReport {
        try await read { db in try DriftRecord.report(db, TaskRecord.find(db, task)) }
    }

    /// The reports of all tasks, by name, read in one snapshot; without their events.
    public func driftReports() async throws -> [DriftReport] {
        try await read { db in
            let sql = "SELECT report FROM drift JOIN task ON task.id = drift.task ORDER BY task.name"
            return try String.fetchAll(db, sql: sql).map { try StoredValue.decodeJSON($0) }
        }
    }

    /// What drift of a task is measured by; `nil` before it was first saved.
    public func driftState(_ task: TaskName) async throws -> Data? {
        try await read { db in
            try Data.fetchOne(
                db, sql: "SELECT state FROM drift WHERE task = ?", arguments: [TaskRecord.id(db, task)])
        }
    }

    /// Saves what was observed up to `cursor`, all in one transaction. Tasks that are gone are left out, also where
    /// others have their names.
    public func saveDrift(_ records: [DriftRecord], cursor: Int64?) async throws {
        try await write { db in
            for record in records { try DriftRecord.save(db, record) }
            guard let cursor else { return }
            try db.execute(
                sql: "INSERT INTO drift_cursor (id, sequence) VALUES (1, ?) ON CONFLICT DO UPDATE SET sequence = ?",
                arguments: [cursor, cursor])
        }
    }

    /// Forgets what was observed and judged of tasks: updates that begin from now on replay as without drift. Events
    /// stay, and a drift that lasts gets its end. Tasks that are gone are left out.
    ///
    /// - Parameter tasks: by name, when each was made.
    public func endDrift(of tasks: [TaskName: Timestamp]) async throws {
        try await write { db in
            for (name, createdAt) in tasks.sorted(by: { $0.key < $1.key }) {
                try DriftRecord.end(db, name, createdAt: createdAt)
            }
        }
    }

    /// Sequence number up to which arrivals were observed; the newest one when none ever was.
    public func driftCursor() async throws -> Int64 {
        try await read { db in
            let sql = "SELECT coalesce((SELECT sequence FROM drift_cursor), (SELECT max(sequence) FROM example), 0)"
            return try Int64.fetchOne(db, sql: sql) ?? 0
        }
    }

    /// Examples of all tasks that arrived after a sequence number, in order of arrival: the last `limit` of them.
    public func arrivals(after sequence: Int64, limit: Int) async throws -> [ArrivedExample] {
        try await read { db in
            let sql = """
                SELECT example.sequence, task.name AS task_name, label.name AS label_name, text, example.held_out, trained,
                    state, arrived_at
                FROM example JOIN task ON task.id = example.task JOIN label ON label.id = example.label
                WHERE example.sequence > ? AND example.state <> \(ExampleState.superseded)
                ORDER BY example.sequence DESC LIMIT ?
                """
            return try Row.fetchAll(db.cachedStatement(sql: sql), arguments: [sequence, limit]).reversed().map { row in
                let isHeldOut: Bool = row["held_out"]
                let wasTrained: Bool = row["trained"]
                return ArrivedExample(
                    sequence: row["sequence"], task: try TaskName(row["task_name"]), label: row["label_name"],
                    text: row["text"],
                    isUnseen: isHeldOut || (row["state"] != ExampleState.consumed.rawValue && !wasTrained),
                    arrivedAt: Timestamp(seconds: row["arrived_at"]))
            }
        }
    }

    /// What the adapters of a task were trained and judged on.
    public func learnedExamples(_ task: TaskName) async throws -> LearnedExamples {
        try await read { db in
            let id = try TaskRecord.id(db, task)
            // Counted at arrival; what still waits, is being learned or was set aside was not learned.
            let sql = """
                SELECT name, examples - coalesce(count, 0) AS learned
                FROM label LEFT JOIN (
                    SELECT label, count(*) AS count FROM (
                        SELECT label FROM example WHERE task = :task AND \(ExampleState.open)
                        UNION ALL SELECT label FROM example WHERE task = :task AND \(ExampleState.doubted)
                        UNION ALL SELECT label FROM example
                        WHERE \(ExampleState.held) AND state = \(ExampleState.claimed) AND update_number IN (
                            SELECT number FROM update_run
                            WHERE task = :task AND \(UpdateRecord.active))
                    ) GROUP BY label
                ) AS unlearned ON unlearned.label = label.id
                WHERE task = :task AND examples > 0
                """
            var labels: [String: Int] = [:]
            for row in try Row.fetchAll(db, sql: sql, arguments: ["task": id]) {
                let learned: Int = row["learned"]
                if learned > 0 { labels[row["name"]] = learned }
            }
            return LearnedExamples(labels: labels, heldOut: try HeldOutSlices(db, task: id).all())
        }
    }
}

extension DriftRecord {
    fileprivate static func save(_ db: Database, _ record: DriftRecord) throws {
        guard let task = try id(db, record.task, createdAt: record.createdAt) else { return }
        try db.execute(
            sql: """
                INSERT INTO drift (task, state, report, replay_factor, saved_at) VALUES (?, ?, ?, ?, ?)
                ON CONFLICT (task) DO UPDATE SET state = excluded.state, report = excluded.report,
                    replay_factor = excluded.replay_factor, saved_at = excluded.saved_at
                """,
            arguments: [
                task, record.state, try StoredValue.encodeJSON(record.report), record.replayFactor,
                Timestamp.now.seconds,
            ])
        try add(db, record.events, to: task)
    }

    fileprivate static func end(_ db: Database, _ name: TaskName, createdAt: Timestamp) throws {
        guard let task = try id(db, name, createdAt: createdAt) else { return }
        try db.execute(sql: "DELETE FROM drift WHERE task = ?", arguments: [task])
        // A kind lasts whose newest event is no end.
        var levels: [DriftKind: DriftLevel] = [:]
        for event in try events(db, task) where levels[event.kind] == nil { levels[event.kind] = event.level }
        let ends = DriftKind.allCases.filter { levels[$0] == .drift }.map {
            DriftEvent(kind: $0, level: .ok, message: "\($0.rawValue): not watched any more")
        }
        try add(db, ends, to: task)
    }

    private static func id(_ db: Database, _ name: TaskName, createdAt: Timestamp) throws -> Int64? {
        try Int64.fetchOne(
            db, sql: "SELECT id FROM task WHERE name = ? AND created_at = ?",
            arguments: [name.rawValue, createdAt.seconds])
    }

    private static func add(_ db: Database, _ events: [DriftEvent], to task: Int64) throws {
        guard !events.isEmpty else { return }
        for event in events {
            try db.execute(
                sql: "INSERT INTO drift_event (task, event) VALUES (?, ?)",
                arguments: [task, try StoredValue.encodeJSON(event)])
        }
        try db.execute(
            sql: """
                DELETE FROM drift_event WHERE task = ? AND id <= (
                    SELECT id FROM drift_event WHERE task = ? ORDER BY id DESC LIMIT 1 OFFSET ?)
                """,
            arguments: [task, task, Store.driftEventsKept])
    }

    fileprivate static func report(_ db: Database, _ task: TaskRecord) throws -> DriftReport {
        let text = try String.fetchOne(db, sql: "SELECT report FROM drift WHERE task = ?", arguments: [task.id])
        var report: DriftReport = try text.map(StoredValue.decodeJSON) ?? DriftReport(task: task.value.name)
        report.events = try events(db, task.id)
        return report
    }

    /// Newest first.
    private static func events(_ db: Database, _ task: Int64) throws -> [DriftEvent] {
        let sql = "SELECT event FROM drift_event WHERE task = ? ORDER BY id DESC"
        return try String.fetchAll(db, sql: sql, arguments: [task]).map { try StoredValue.decodeJSON($0) }
    }

    /// The factor an update began with; sets it the first time it is asked.
    static func replayFactor(_ db: Database, update: Int64, task: Int64) throws -> Double {
        try db.execute(
            sql: """
                UPDATE update_run
                SET replay_factor = coalesce((SELECT replay_factor FROM drift WHERE task = ?), 1)
                WHERE number = ? AND replay_factor IS NULL
                """,
            arguments: [task, update])
        let sql = "SELECT replay_factor FROM update_run WHERE number = ?"
        return try Double.fetchOne(db, sql: sql, arguments: [update]) ?? 1
    }
}
