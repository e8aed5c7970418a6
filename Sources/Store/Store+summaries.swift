import GRDB
import Schema

extension Store {
    /// All tasks as rows of an overview, by name, read in one snapshot with few statements whatever their number.
    ///
    /// Forgetting and drift are left for the caller to fill in.
    public func summaries() async throws -> [TaskSummary] {
        try await read { db in
            let labels = try Self.counts(db, "SELECT task, count(*) FROM label GROUP BY task")
            let waiting = try Self.counts(db, Self.open(.pending, "AND held_out = 0"))
            let parked = try Self.counts(db, Self.open(.parked))
            let updates = try Self.newestUpdates(db)
            let accuracies = try Self.accuracies(db)
            let sql = """
                SELECT task.id AS id, task.name AS name, version.number AS number,
                    replay_generation.examples AS examples, replay_generation.bytes AS bytes
                FROM task LEFT JOIN version ON version.task = task.id AND version.state = 'champion'
                LEFT JOIN replay_generation ON replay_generation.id = version.replay ORDER BY task.name
                """
            return try Row.fetchAll(db, sql: sql).map { row in
                let id: Int64 = row["id"]
                let number: Int? = row["number"]
                return TaskSummary(
                    name: row["name"], champion: number.map(VersionName.text), labels: labels[id] ?? 0,
                    waiting: waiting[id] ?? 0, parked: parked[id] ?? 0, replayExemplars: row["examples"] ?? 0,
                    replayBytes: row["bytes"] ?? 0, accuracy: accuracies[id] ?? [], update: updates[id])
            }
        }
    }

    /// Updates of all tasks that ended since a moment.
    public func finishedUpdates(since time: Timestamp) async throws -> Int {
        try await read { db in
            try Int.fetchOne(db, sql: Self.countFinishedUpdates, arguments: [time.seconds]) ?? 0
        }
    }

    /// As SQL.
    package static let countFinishedUpdates = "SELECT count(*) FROM update_run WHERE finished_at >= ?"

    /// By name, a text that changes whenever a task has learned: forgetting changes only together with it.
    public func learningStamps() async throws -> [String: String] {
        try await read { db in
            Dictionary(
                try Row.fetchAll(db, sql: "SELECT name, id || '/' || experiences FROM task").map { ($0[0], $0[1]) },
                uniquingKeysWith: { first, _ in first })
        }
    }

    /// The worst verdict of every task that drift is measured of, by name. What lies in the database is picked apart
    /// there: a report as a whole is long.
    public func worstDrifts() async throws -> [String: TaskSummary.Drift] {
        try await read { db in
            let sql = """
                SELECT task.name AS name, json_extract(report, '$.level') AS level,
                    (SELECT json_array(json_extract(value, '$.kind'), json_extract(value, '$.since'))
                        FROM json_each(report, '$.verdicts')
                        WHERE json_extract(value, '$.level') = json_extract(report, '$.level')
                        ORDER BY json_extract(value, '$.since') IS NULL, json_extract(value, '$.since') LIMIT 1) AS worst
                FROM drift JOIN task ON task.id = drift.task
                """
            var drifts: [String: TaskSummary.Drift] = [:]
            for row in try Row.fetchAll(db, sql: sql) {
                let worst: [String?] = try (row["worst"] as String?).map { try StoredValue.decodeJSON($0) } ?? []
                drifts[row["name"]] = TaskSummary.Drift(
                    level: try StoredValue.decode(row["level"]), kind: (worst.first ?? nil).flatMap(DriftKind.init),
                    since: (worst.last ?? nil).flatMap { Timestamp(iso8601: $0) })
            }
            return drifts
        }
    }

    private static func open(_ state: ExampleState, _ condition: String = "") -> String {
        """
        SELECT task, count(*) FROM example WHERE \(ExampleState.open) AND state = \(state) \(condition)
        GROUP BY task
        """
    }

    private static func counts(_ db: Database, _ sql: String) throws -> [Int64: Int] {
        Dictionary(
            try Row.fetchAll(db, sql: sql).map { ($0[0], $0[1]) }, uniquingKeysWith: { first, _ in first })
    }

    private static func newestUpdates(_ db: Database) throws -> [Int64: TaskSummary.Progress] {
        var newest: [Int64: TaskSummary.Progress] = [:]
        for row in try Row.fetchAll(db, sql: selectNewestUpdates) {
            newest[row["task"]] = TaskSummary.Progress(
                id: row["id"], status: try StoredValue.decode(row["status"]), progress: row["progress"],
                time: Timestamp(seconds: row["time"]))
        }
        return newest
    }

    /// Each task's, as SQL.
    package static let selectNewestUpdates = """
        SELECT task.id AS task, update_run.id AS id, status, progress,
            coalesce(finished_at, update_run.created_at) AS time
        FROM task JOIN update_run
            ON number = (SELECT max(number) FROM update_run AS mine WHERE mine.task = task.id)
        """

    private static func accuracies(_ db: Database) throws -> [Int64: [Double?]] {
        let sql = """
            SELECT task, json_extract(metrics, '$.accuracy') AS accuracy FROM version WHERE state <> 'rejected'
            ORDER BY task, number
            """
        var accuracies: [Int64: [Double?]] = [:]
        for row in try Row.fetchAll(db, sql: sql) {
            let accuracy: Double? = row["accuracy"]
            accuracies[row["task"], default: []].append(accuracy)
        }
        return accuracies.mapValues { Array($0.suffix(TaskSummary.accuracies)) }
    }
}
