import GRDB
import Schema

extension Store {
    /// Asks for an update: the one already queued, else a new one when examples wait, else the one that is running
    /// (it learns all there is).
    ///
    /// At most one update of a task is queued and one is running.
    ///
    /// - Throws: ``StoreError/nothingToLearn(_:heldOut:parked:)``.
    public func requestUpdate(_ task: TaskName, trigger: UpdateTrigger = .request) async throws -> Update {
        try await write { db in
            let record = try TaskRecord.find(db, task)
            if let queued = try UpdateRecord.first(
                db, "task = ? AND status = 'queued' AND started_at IS NULL", [record.id])
            {
                return queued.value
            }
            let pending = try PendingExamples(db, task: record.id)
            guard pending.training > 0 else {
                let active = "task = ? AND \(UpdateRecord.active)"
                if let active = try UpdateRecord.first(db, active, [record.id]) { return active.value }
                throw StoreError.nothingToLearn(task, heldOut: pending.heldOut, parked: pending.parked)
            }
            return try UpdateRecord.insert(db, record, trigger: trigger, examples: pending.training).value
        }
    }

    /// The task's updates, newest first.
    public func updates(_ task: TaskName, limit: Int = 100) async throws -> [Update] {
        try await read { db in
            try UpdateRecord.fetch(db, "task = ?", [TaskRecord.id(db, task)], limit: limit).map(\.value)
        }
    }

    /// - Throws: ``StoreError/unknownUpdate(_:)``.
    public func update(_ id: String) async throws -> Update {
        try await read { try UpdateRecord.find($0, id).value }
    }

    /// Ends an update that has not ended, and with it those of tasks on the same adapter that are carried out with it; their
    /// examples wait for the next one. A worker in the middle of it learns so
    /// from its next ``advance(_:to:progress:replayed:)``.
    ///
    /// - Throws: ``StoreError/unknownUpdate(_:)``, ``StoreError/updateAlreadyFinished(_:status:)``.
    public func cancel(_ id: String) async throws -> Update {
        try await write { db in
            let record = try UpdateRecord.find(db, id)
            guard !record.value.status.isFinal else {
                throw StoreError.updateAlreadyFinished(id, status: record.value.status)
            }
            try UpdateRecord.end(db, record.together(db), as: .cancelled)
            return try UpdateRecord.find(db, id).value
        }
    }
}
