import GRDB
import Schema

/// Tasks that share an adapter are updated together: one row a task, that begin and end as one.
extension UpdateRecord {
    /// What the rows of tasks that learned together have in common.
    var group: Int64 { lead ?? number }

    /// This one and those it is carried out with, those of the same adapter's other tasks; by task name.
    func together(_ db: Database) throws -> [UpdateRecord] {
        try Self.fetch(db, "number = ? OR lead = ?", [group, group]).sorted { $0.value.task < $1.value.task }
    }

    /// Rows for the other tasks that have something to learn or to keep, when this update begins: the one that is queued
    /// for a task, else a new one.
    func recruit(_ db: Database, for task: TaskRecord) throws -> [UpdateRecord] {
        guard task.adapter != nil else { return [] }
        return try task.sharers(db).compactMap { other in
            let waiting = try Self.first(db, "task = ? AND status = 'queued' AND started_at IS NULL", [other.id])
            let hasChampion = try VersionRecord.champion(db, task: other.id) != nil
            let pending = try PendingExamples(db, task: other.id).training
            guard hasChampion || pending > 0 else { return nil }
            var record = try waiting ?? Self.insert(db, other, trigger: .shared, examples: pending)
            record.lead = number
            return record
        }
    }

    /// Writes a new, queued update.
    static func insert(
        _ db: Database, _ task: TaskRecord, trigger: UpdateTrigger, examples: Int
    ) throws -> UpdateRecord {
        let id = "upd_" + String(UInt64.random(in: 1 << 60...UInt64.max), radix: 16)
        try db.execute(
            sql: """
                INSERT INTO update_run (id, task, status, trigger, experience, new_examples, created_at)
                VALUES (?, ?, 'queued', ?, ?, ?, ?)
                """,
            arguments: [id, task.id, trigger.rawValue, task.experiences + 1, examples, Timestamp.now.seconds])
        return try find(db, id)
    }

    /// Ends all of an update, and gives every task's examples back.
    static func end(
        _ db: Database, _ records: [UpdateRecord], as status: UpdateStatus, counting fault: Claims.Fault? = nil,
        error: String? = nil
    ) throws {
        for var record in records where !record.value.status.isFinal {
            try Claims(db, record).giveBack(counting: fault)
            try record.finish(db, as: status, error: error)
        }
    }

    /// Before a task is deleted: what is carried out with its updates cannot go on.
    static func end(_ db: Database, withTask task: Int64) throws {
        for record in try fetch(db, "task = ? AND \(active)", [task]) {
            try end(
                db, record.together(db).filter { $0.task != task }, as: .cancelled,
                error: "task \"\(record.value.task)\", which shares its adapter, was deleted")
        }
    }
}

extension VersionRecord {
    /// The version of another task that was made together with one; `nil` where there is none.
    ///
    /// - Parameter version: made by an update.
    static func made(_ db: Database, with version: VersionRecord, for task: Int64) throws -> VersionRecord? {
        let sql = """
            SELECT version.* FROM version JOIN update_run ON update_run.id = version.update_id
            WHERE version.task = ? AND coalesce(update_run.lead, update_run.number) = (
                SELECT coalesce(lead, number) FROM update_run WHERE id = ?)
            """
        return try Row.fetchOne(db, sql: sql, arguments: [task, version.value.update]).map(Self.init)
    }
}
