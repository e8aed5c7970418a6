import GRDB
import Schema

/// One task's champion alias within a transaction: a stack of the versions that served.
struct Registry {
    private let db: Database
    private let task: Int64

    /// What moved the alias.
    enum Cause: String {
        case update, promote
    }

    init(_ db: Database, task: Int64) {
        self.db = db
        self.task = task
    }

    /// Makes `version` the champion. Its replay memory comes with it: it hangs on the version.
    func serve(_ version: VersionRecord, cause: Cause) throws -> VersionRecord {
        guard version.value.state != .champion else { return version }
        try db.execute(
            sql: "INSERT INTO alias_move (task, version, cause, moved_at) VALUES (?, ?, ?, ?)",
            arguments: [task, version.number, cause.rawValue, Timestamp.now.seconds])
        return try point(at: version)
    }

    /// Goes back to the version that served before; `nil` when there is none that still exists.
    func rollBack() throws -> VersionRecord? {
        guard let (version, move) = try previous() else { return nil }
        try db.execute(
            sql: "UPDATE alias_move SET undone_at = ? WHERE task = ? AND undone_at IS NULL AND id > ?",
            arguments: [Timestamp.now.seconds, task, move])
        return try point(at: version)
    }

    /// The version that served before, and the move that made it the champion then.
    func previous() throws -> (version: VersionRecord, move: Int64)? {
        let moves = try Row.fetchAll(
            db, sql: "SELECT id, version FROM alias_move WHERE task = ? AND undone_at IS NULL ORDER BY id DESC",
            arguments: [task])
        guard let current = moves.first else { return nil }
        for move in moves.dropFirst() where move["version"] as Int != current["version"] {
            guard let version = try VersionRecord.find(db, task: task, number: move["version"]) else { continue }
            return (version, move["id"])
        }
        return nil
    }

    private func point(at version: VersionRecord) throws -> VersionRecord {
        try db.execute(
            sql: "UPDATE version SET state = 'retired' WHERE task = ? AND state = 'champion'", arguments: [task])
        try db.execute(
            sql: "UPDATE version SET state = 'champion' WHERE task = ? AND number = ?",
            arguments: [task, version.number])
        var version = version
        version.value.state = .champion
        return version
    }
}
