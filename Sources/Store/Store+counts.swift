import GRDB
import Schema

extension Store {
    /// Updates of each task by status, since the task was created.
    public func updateCounts() async throws -> [TaskName: [UpdateStatus: Int]] {
        try await read { db in
            let sql = """
                SELECT task.name, update_run.status, count(*) FROM update_run JOIN task ON task.id = update_run.task
                GROUP BY task.id, update_run.status
                """
            var counts: [TaskName: [UpdateStatus: Int]] = [:]
            for row in try Row.fetchAll(db, sql: sql) {
                let name: String = row[0]
                let status: String = row[1]
                guard let status = UpdateStatus(rawValue: status) else { continue }
                counts[try TaskName(name), default: [:]][status] = row[2]
            }
            return counts
        }
    }
}
