import GRDB
import Schema

extension Store {
    /// Forgets old versions and the replay memories only they referred to.
    ///
    /// Of the versions that were not rejected and of the rejected ones, the newest `keeping` each stay; so do the
    /// champion and the parents of updates that have not ended.
    ///
    /// - Returns: digests that no task refers to any more; their files can go.
    public func collectGarbage(_ task: TaskName, keeping: Int = 10) async throws -> Garbage {
        try await write { db in
            let id = try TaskRecord.id(db, task)
            let digests = try RegistryDigests(db, task: id)
            let active = """
                SELECT %@ FROM update_run
                WHERE task = :task AND \(UpdateRecord.active) AND %@ IS NOT NULL
                """
            try db.execute(
                sql: """
                    DELETE FROM version WHERE task = :task AND state <> 'champion' AND number IN (
                        SELECT number FROM (
                            SELECT number, row_number() OVER (
                                PARTITION BY state = 'rejected' ORDER BY number DESC) AS age
                            FROM version WHERE task = :task)
                        WHERE age > :keeping)
                        AND number NOT IN (\(active.replacing("%@", with: "parent")))
                    """,
                arguments: ["task": id, "keeping": max(keeping, 0)])
            try db.execute(
                sql: """
                    DELETE FROM replay_generation WHERE task = :task
                        AND id NOT IN (SELECT replay FROM version WHERE task = :task AND replay IS NOT NULL)
                        AND id NOT IN (\(active.replacing("%@", with: "replay")))
                    """,
                arguments: ["task": id])
            return try digests.unreferenced(db)
        }
    }

    /// When this database was begun. Files of before are another's, whose place it took.
    public func begun() async throws -> Timestamp {
        try await read { db in
            Timestamp(seconds: try Double.fetchOne(db, sql: "SELECT begun_at FROM origin") ?? Timestamp.now.seconds)
        }
    }

    /// Every digest some row refers to: other files in the adapter and replay directories that came since the database
    /// was ``begun()`` were left by a crash.
    public func referencedDigests() async throws -> (
        adapters: Set<String>, replayGenerations: Set<String>, analyticGenerations: Set<String>
    ) {
        try await read { db in
            (
                try String.fetchSet(db, sql: "SELECT digest FROM version"),
                try String.fetchSet(db, sql: "SELECT digest FROM replay_generation"),
                try String.fetchSet(
                    db, sql: "SELECT analytic_digest FROM version WHERE analytic_digest IS NOT NULL")
            )
        }
    }
}

/// The digests a task refers to, taken before rows are deleted, to see which of them nobody refers to after.
struct RegistryDigests {
    private let adapters: [String]
    private let replayGenerations: [String]
    private let analyticGenerations: [String]

    init(_ db: Database, task: Int64) throws {
        adapters = try String.fetchAll(
            db, sql: "SELECT DISTINCT digest FROM version WHERE task = ? ORDER BY digest", arguments: [task])
        replayGenerations = try String.fetchAll(
            db, sql: "SELECT DISTINCT digest FROM replay_generation WHERE task = ? ORDER BY digest", arguments: [task])
        analyticGenerations = try String.fetchAll(
            db,
            sql: """
                SELECT DISTINCT analytic_digest FROM version WHERE task = ? AND analytic_digest IS NOT NULL
                ORDER BY analytic_digest
                """,
            arguments: [task])
    }

    func unreferenced(_ db: Database) throws -> Garbage {
        Garbage(
            adapters: try adapters.filter { try !Self.exists(db, "version", $0) },
            replayGenerations: try replayGenerations.filter { try !Self.exists(db, "replay_generation", $0) },
            analyticGenerations: try analyticGenerations.filter {
                try !Self.exists(db, "version", $0, column: "analytic_digest")
            })
    }

    private static func exists(
        _ db: Database, _ table: String, _ digest: String, column: String = "digest"
    ) throws -> Bool {
        let sql = "SELECT EXISTS (SELECT 1 FROM \(table) WHERE \(column) = ?)"
        return try Bool.fetchOne(db, sql: sql, arguments: [digest]) ?? false
    }
}
