import GRDB
import Schema

extension Store {
    /// All versions of a task, oldest first.
    public func versions(_ task: TaskName) async throws -> [AdapterVersion] {
        try await read { db in try VersionRecord.all(db, task: TaskRecord.id(db, task)).map(\.value) }
    }

    /// - Throws: ``StoreError/unknownVersion(_:selector:)``, ``StoreError/noChampion(_:)``.
    public func version(_ task: TaskName, _ selector: AdapterSelector) async throws -> AdapterVersion {
        try await read { db in
            try VersionRecord.find(db, task: TaskRecord.id(db, task), name: task, selector).value
        }
    }

    /// The analytic head of a version; `nil` where it has none.
    public func analytic(_ task: TaskName, version: String) async throws -> AnalyticGeneration? {
        try await read { db in
            let id = try TaskRecord.id(db, task)
            return try VersionName.number(version).flatMap { try VersionRecord.find(db, task: id, number: $0) }?
                .analytic
        }
    }

    /// What the task serves; `nil` before its first promotion.
    public func champion(_ task: TaskName) async throws -> Champion? {
        try await read { db in
            let id = try TaskRecord.id(db, task)
            return try VersionRecord.champion(db, task: id).map {
                Champion(version: $0.value, replay: try ReplayState(db, task: id, generation: $0.replay))
            }
        }
    }

    /// Tasks and their champions, read in one snapshot.
    public func served() async throws -> [ServedTask] {
        try await read { [served = servedTasks] db in try served.read(db) }
    }

    /// Makes a version the champion by hand, together with the replay memory it was trained with; for tasks that share an
    /// adapter, the versions that were made together.
    ///
    /// - Parameter force: also a version that the gate rejected.
    /// - Throws: ``StoreError/unknownVersion(_:selector:)``, ``StoreError/versionRejected(_:version:)``,
    ///   ``StoreError/notTogether(_:made:)``.
    public func promote(
        _ task: TaskName, _ selector: AdapterSelector, force: Bool = false
    ) async throws -> AdapterVersion {
        try await write { db in
            let record = try TaskRecord.find(db, task)
            let version = try VersionRecord.find(db, task: record.id, name: task, selector)
            guard version.value.state != .rejected || force else {
                throw StoreError.versionRejected(task, version: version.value.version)
            }
            for other in try record.sharers(db) {
                if let theirs = try VersionRecord.made(db, with: version, for: other.id) {
                    _ = try Registry(db, task: other.id).serve(theirs, cause: .promote)
                } else if try VersionRecord.champion(db, task: other.id) != nil {
                    throw StoreError.notTogether(other.value.name, made: "\(version.value.version) of task \"\(task)\"")
                }
            }
            return try Registry(db, task: record.id).serve(version, cause: .promote).value
        }
    }

    /// Goes back to the version that served before the champion, and to its replay memory. Again goes back further. Tasks
    /// that share an adapter go back together.
    ///
    /// - Throws: ``StoreError/noPreviousVersion(_:)``, ``StoreError/notTogether(_:made:)``.
    public func rollback(_ task: TaskName) async throws -> AdapterVersion {
        try await write { db in
            let record = try TaskRecord.find(db, task)
            guard let version = try Registry(db, task: record.id).rollBack() else {
                throw StoreError.noPreviousVersion(task)
            }
            for other in try record.sharers(db) where try VersionRecord.champion(db, task: other.id) != nil {
                guard let back = try Registry(db, task: other.id).rollBack(),
                    try VersionRecord.made(db, with: version, for: other.id)?.number == back.number
                else {
                    throw StoreError.notTogether(other.value.name, made: "\(version.value.version) of task \"\(task)\"")
                }
            }
            return version.value
        }
    }

    /// Adds a version trained elsewhere, retired until it is promoted; it comes with the champion's replay memory.
    ///
    /// - Parameter analytic: the head it answers with, whose file is here; `nil` for its adapter's alone.
    /// - Throws: ``StoreError/invalidTask(field:reason:)`` where the task shares its adapter.
    public func importVersion(
        _ task: TaskName, digest: String, metrics: AdapterVersion.Metrics, analytic: AnalyticGeneration? = nil
    ) async throws -> AdapterVersion {
        try await write { db in
            let record = try TaskRecord.find(db, task)
            guard record.adapter == nil else {
                throw StoreError.invalidTask(
                    field: "adapter",
                    reason:
                        "task \"\(task)\" shares its adapter, and a version made elsewhere would change other tasks; "
                        + "import it into a task of its own")
            }
            let id = record.id
            let value = AdapterVersion(version: "", digest: digest, state: .retired, metrics: metrics)
            let replay = try VersionRecord.champion(db, task: id)?.replay
            return try VersionRecord.insert(db, task: id, value, replay: replay, analytic: analytic).value
        }
    }
}
