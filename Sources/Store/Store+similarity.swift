import GRDB
import Schema

extension Store {
    /// Texts that stand for a task: held-out ones, then those that wait for an update, a uniform choice of each by hash.
    /// What was learned is gone from the ledger.
    public func sampleTexts(_ task: TaskName, limit: Int) async throws -> [String] {
        try await read { db in
            let id = try TaskRecord.id(db, task)
            let select = "SELECT text FROM example WHERE task = ? AND text IS NOT NULL AND"
            let order = "ORDER BY text_hash LIMIT ?"
            let heldOut = try String.fetchAll(
                db, sql: "\(select) state = \(ExampleState.heldOut) \(order)", arguments: [id, limit])
            let open = try String.fetchAll(
                db, sql: "\(select) \(ExampleState.open) \(order)", arguments: [id, limit - heldOut.count])
            return heldOut + open
        }
    }
}
