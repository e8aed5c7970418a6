import GRDB
import Schema

/// A version as its row holds it.
struct VersionRecord {
    var number: Int
    /// Row of the replay memory it was trained with.
    var replay: Int64?
    /// Its analytic head; `nil` when its recipe has none, or it came from elsewhere.
    var analytic: AnalyticGeneration?
    var value: AdapterVersion

    static func champion(_ db: Database, task: Int64) throws -> VersionRecord? {
        let sql = "SELECT * FROM version WHERE task = ? AND state = 'champion'"
        return try Row.fetchOne(db, sql: sql, arguments: [task]).map(Self.init)
    }

    static func find(_ db: Database, task: Int64, number: Int) throws -> VersionRecord? {
        let sql = "SELECT * FROM version WHERE task = ? AND number = ?"
        return try Row.fetchOne(db, sql: sql, arguments: [task, number]).map(Self.init)
    }

    /// - Throws: ``StoreError/unknownVersion(_:selector:)``, ``StoreError/noChampion(_:)``.
    static func find(_ db: Database, task: Int64, name: TaskName, _ selector: AdapterSelector) throws -> VersionRecord {
        switch selector {
        case .champion:
            guard let found = try champion(db, task: task) else { throw StoreError.noChampion(name) }
            return found
        case .version(let text):
            guard let number = VersionName.number(text), let found = try find(db, task: task, number: number) else {
                throw StoreError.unknownVersion(name, selector: text)
            }
            return found
        case .digest(let digest):
            // Equal bytes may have been made twice; the one that serves, else the newest that the gate did not reject,
            // stands for them.
            let sql = """
                SELECT * FROM version WHERE task = ? AND digest = ?
                ORDER BY state = 'champion' DESC, state = 'rejected', number DESC LIMIT 1
                """
            guard let row = try Row.fetchOne(db, sql: sql, arguments: [task, digest]) else {
                throw StoreError.unknownVersion(name, selector: digest)
            }
            return try VersionRecord(row)
        }
    }

    /// Oldest first.
    static func all(_ db: Database, task: Int64) throws -> [VersionRecord] {
        try Row.fetchAll(db, sql: "SELECT * FROM version WHERE task = ? ORDER BY number", arguments: [task])
            .map(Self.init)
    }

    /// Writes a new version under the task's next number; the name in `value` is ignored.
    static func insert(
        _ db: Database, task: Int64, _ value: AdapterVersion, replay: Int64?, analytic: AnalyticGeneration? = nil
    ) throws -> VersionRecord {
        let next = "UPDATE task SET last_version = last_version + 1 WHERE id = ? RETURNING last_version"
        guard let number = try Int.fetchOne(db, sql: next, arguments: [task]) else {
            throw DatabaseError(resultCode: .SQLITE_CORRUPT, message: "a version's task has no row")
        }
        try db.execute(
            sql: """
                INSERT INTO version (
                    task, number, digest, state, parent, update_id, metrics, replay, created_at, analytic_digest,
                    analytic)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                """,
            arguments: [
                task, number, value.digest, value.state.rawValue, value.parent.flatMap(VersionName.number),
                value.update, try StoredValue.encodeJSON(value.metrics), replay, value.createdAt.seconds,
                analytic?.digest, try analytic.map(StoredValue.encodeJSON),
            ])
        var value = value
        value.version = VersionName.text(number)
        return VersionRecord(number: number, replay: replay, analytic: analytic, value: value)
    }

    private init(number: Int, replay: Int64?, analytic: AnalyticGeneration?, value: AdapterVersion) {
        self.number = number
        self.replay = replay
        self.analytic = analytic
        self.value = value
    }

    init(_ row: Row) throws {
        number = row["number"]
        replay = row["replay"]
        let stored: String? = row["analytic"]
        analytic = try stored.map { try StoredValue.decodeJSON($0) }
        let parent: Int? = row["parent"]
        value = AdapterVersion(
            version: VersionName.text(row["number"]), digest: row["digest"],
            state: try StoredValue.decode(row["state"]), parent: parent.map(VersionName.text), update: row["update_id"],
            metrics: try StoredValue.decodeJSON(row["metrics"]), createdAt: Timestamp(seconds: row["created_at"]))
    }
}

/// `v3` ↔ 3.
enum VersionName {
    static func text(_ number: Int) -> String { "v\(number)" }

    static func number(_ text: String) -> Int? {
        guard text.first == "v", let number = Int(text.dropFirst()), self.text(number) == text else { return nil }
        return number
    }
}
