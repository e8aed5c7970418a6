import GRDB
import Schema

/// What a move of the alias would bring, for who looks before it is made.
extension Store {
    /// The version that ``rollback(_:)`` goes back to.
    ///
    /// - Throws: ``StoreError/noPreviousVersion(_:)``.
    public func previousVersion(_ task: TaskName) async throws -> AdapterVersion {
        try await read { db in
            guard let previous = try Registry(db, task: TaskRecord.id(db, task)).previous() else {
                throw StoreError.noPreviousVersion(task)
            }
            return previous.version.value
        }
    }

    /// Of the other tasks on the same adapter, the versions that were made together with one and move with it.
    ///
    /// - Throws: ``StoreError/unknownVersion(_:selector:)``.
    public func madeTogether(
        with version: AdapterVersion, of task: TaskName
    ) async throws -> [TaskName: AdapterVersion] {
        try await read { db in
            let record = try TaskRecord.find(db, task)
            let found = try VersionRecord.find(db, task: record.id, name: task, .version(version.version))
            var versions: [TaskName: AdapterVersion] = [:]
            for other in try record.sharers(db) {
                versions[other.value.name] = try VersionRecord.made(db, with: found, for: other.id)?.value
            }
            return versions
        }
    }
}
