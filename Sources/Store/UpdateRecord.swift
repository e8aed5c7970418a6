import Foundation
import GRDB
import Schema

/// An update as its row holds it, with the numbers other rows know it by.
struct UpdateRecord {
    var number: Int64
    var task: Int64
    var value: Update
    var attempts: Int
    /// Number of the update it is carried out with, of another task on the same adapter; `nil` for one of its own.
    var lead: Int64?
    /// Fixed by the first claim.
    var inputs: Inputs?

    /// What an update starts from besides its examples.
    struct Inputs {
        var parent: Int?
        var replay: Int64?
        /// The last removal the update applies to its replay memory; later ones apply to what it writes.
        var removalsThrough: Int64
    }

    /// Given back this often, examples are parked; restarted this often, an update fails.
    static let attemptLimit = 3

    /// Not ended yet. Word for word the condition of the index on such updates, which SQLite uses where it finds it.
    static let active = "status IN ('queued', 'training', 'evaluating')"
    /// A trainer works on it.
    static let running = "\(active) AND status IN ('training', 'evaluating')"

    private static let select = """
        SELECT update_run.*, task.name AS task_name FROM update_run JOIN task ON task.id = update_run.task
        """

    /// - Throws: ``StoreError/unknownUpdate(_:)``.
    static func find(_ db: Database, _ id: String) throws -> UpdateRecord {
        guard let record = try first(db, "update_run.id = ?", [id]) else { throw StoreError.unknownUpdate(id) }
        return record
    }

    /// - Throws: ``StoreError/unknownUpdate(_:)``, ``StoreError/updateNotRunning(_:status:)``.
    static func findRunning(_ db: Database, _ id: String) throws -> UpdateRecord {
        let record = try find(db, id)
        guard record.isRunning else { throw StoreError.updateNotRunning(id, status: record.value.status) }
        return record
    }

    /// The lowest number where `condition` holds.
    static func first(_ db: Database, _ condition: String, _ arguments: StatementArguments = []) throws -> Self? {
        try Row.fetchOne(db, sql: selectFirst(condition), arguments: arguments).map(Self.init)
    }

    /// … as SQL.
    static func selectFirst(_ condition: String) -> String {
        "\(select) WHERE \(condition) ORDER BY number LIMIT 1"
    }

    /// Newest first.
    static func fetch(
        _ db: Database, _ condition: String, _ arguments: StatementArguments = [], limit: Int = -1
    ) throws -> [Self] {
        try Row.fetchAll(db, sql: selectNewest(condition, limit: limit), arguments: arguments).map(Self.init)
    }

    /// … as SQL.
    static func selectNewest(_ condition: String, limit: Int = -1) -> String {
        "\(select) WHERE \(condition) ORDER BY number DESC LIMIT \(limit)"
    }

    var isRunning: Bool { value.status == .training || value.status == .evaluating }

    /// Writes everything but what never changes.
    func save(_ db: Database) throws {
        try db.execute(
            sql: """
                UPDATE update_run SET status = ?, experience = ?, new_examples = ?, replayed_examples = ?,
                    quarantined_examples = ?, progress = ?,
                    attempts = ?, lead = ?, parent = ?, replay = ?, removals_through = ?, version = ?, digest = ?,
                    verdict = ?, error = ?, started_at = ?, finished_at = ?
                WHERE number = ?
                """,
            arguments: [
                value.status.rawValue, value.experience, value.examples.new, value.examples.replayed,
                value.examples.quarantined, value.progress, attempts, lead, inputs?.parent, inputs?.replay,
                inputs?.removalsThrough,
                value.adapter.flatMap { VersionName.number($0.version) }, value.adapter?.digest,
                try value.verdict.map(StoredValue.encodeJSON), value.error, value.startedAt?.seconds,
                value.finishedAt?.seconds, number,
            ])
    }

    /// Ends it and writes it.
    mutating func finish(_ db: Database, as status: UpdateStatus, error: String? = nil) throws {
        value.status = status
        value.error = error
        value.finishedAt = .now
        try save(db)
    }

    private init(_ row: Row) throws {
        number = row["number"]
        task = row["task"]
        attempts = row["attempts"]
        lead = row["lead"]
        let through: Int64? = row["removals_through"]
        inputs = through.map { Inputs(parent: row["parent"], replay: row["replay"], removalsThrough: $0) }
        let verdict: String? = row["verdict"]
        let version: Int? = row["version"]
        let digest: String? = row["digest"]
        var adapter: AdapterReference?
        if let version, let digest {
            adapter = AdapterReference(version: VersionName.text(version), digest: digest)
        }
        let started: Double? = row["started_at"]
        let finished: Double? = row["finished_at"]
        value = Update(
            id: row["id"], task: try TaskName(row["task_name"]), status: try StoredValue.decode(row["status"]),
            trigger: try StoredValue.decode(row["trigger"]), experience: row["experience"],
            examples: Update.Examples(
                new: row["new_examples"], replayed: row["replayed_examples"],
                quarantined: row["quarantined_examples"]),
            progress: row["progress"], verdict: try verdict.map(StoredValue.decodeJSON), adapter: adapter,
            createdAt: Timestamp(seconds: row["created_at"]), startedAt: started.map(Timestamp.init(seconds:)),
            finishedAt: finished.map(Timestamp.init(seconds:)), error: row["error"])
    }
}
