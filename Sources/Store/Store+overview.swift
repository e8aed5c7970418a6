import GRDB
import Schema

extension Store {
    /// All tasks at a glance, by name, read in one snapshot.
    ///
    /// - Parameter updates: how many of the newest updates to read for each.
    public func overview(updates: Int = 10) async throws -> [TaskOverview] {
        try await read { db in
            try TaskRecord.all(db).map { task in
                let champion = try VersionRecord.champion(db, task: task.id)
                let count = "SELECT count(*) FROM version WHERE task = ?"
                return TaskOverview(
                    task: task.value, champion: champion?.value,
                    versions: try Int.fetchOne(db, sql: count, arguments: [task.id]) ?? 0,
                    pending: try PendingExamples(db, task: task.id), ledger: try LedgerCounts(db, task: task.id),
                    replay: try ReplayState(db, task: task.id, generation: champion?.replay).generation,
                    updates: try UpdateRecord.fetch(db, "task = ?", [task.id], limit: updates).map(\.value))
            }
        }
    }
}
