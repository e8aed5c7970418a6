import GRDB
import Schema

extension Store {
    /// Takes the oldest queued update of a task that has none running, and claims all its pending examples, or the
    /// first `limit`. Where the task shares its adapter, the other tasks' pending examples are claimed with it.
    ///
    /// An update that was recovered keeps its claims and starts from the same inputs. A queued update whose
    /// examples have all been replaced meanwhile ends as cancelled.
    ///
    /// - Returns: `nil` when nothing is queued.
    public func claimNextUpdate(limit: Int? = nil) async throws -> UpdateWork? {
        try await write { db in
            while let record = try UpdateRecord.first(db, Self.next) {
                if let work = try Self.start(record, db, limit: limit) { return work }
                try UpdateRecord.end(
                    db, record.together(db), as: .cancelled, error: "its examples were replaced before it began")
            }
            return nil
        }
    }

    private static let next = """
        \(UpdateRecord.active) AND status = 'queued' AND lead IS NULL AND NOT EXISTS (
            SELECT 1 FROM update_run AS other JOIN task AS theirs ON theirs.id = other.task
            WHERE other.\(UpdateRecord.active) AND other.status <> 'queued'
                AND (other.task = update_run.task OR theirs.adapter = task.adapter))
        """

    /// The update that is claimed next, as SQL.
    package static let selectNextUpdate = UpdateRecord.selectFirst(next)

    /// Says how far a running update is.
    ///
    /// - Parameter status: `training` or `evaluating`.
    /// - Throws: ``StoreError/updateNotRunning(_:status:)`` when it was cancelled meanwhile,
    ///   ``StoreError/unknownUpdate(_:)`` when its task was deleted: stop working on it.
    public func advance(
        _ id: String, to status: UpdateStatus, progress: Double, replayed: Int? = nil, curve: TrainingCurve? = nil
    ) async throws {
        precondition(status == .training || status == .evaluating, "a running update is training or evaluating")
        try await write { db in
            for var record in try UpdateRecord.findRunning(db, id).together(db) {
                record.value.status = status
                record.value.progress = min(max(progress, 0), 1)
                // Counted over all tasks while it runs, and for each when it has ended.
                if record.value.id == id {
                    record.value.examples.replayed = replayed ?? record.value.examples.replayed
                }
                try record.save(db)
                if let curve { try TrainingCurves(db, task: record.task).save(curve, update: record.number) }
            }
        }
    }

    /// Whether a trainer works on an update.
    public func isTraining() async throws -> Bool {
        try await read { db in try Bool.fetchOne(db.cachedStatement(sql: Self.selectIsTraining)) ?? false }
    }

    /// As SQL.
    package static let selectIsTraining = "SELECT EXISTS (SELECT 1 FROM update_run WHERE \(UpdateRecord.running))"
    /// The updates that are running, as SQL.
    package static let selectRunningUpdates = UpdateRecord.selectNewest(UpdateRecord.running)

    /// Queues what an earlier worker left in the middle; the claims stay. One that was started three times already
    /// ends as failed: it would take down the next worker too.
    ///
    /// Call it once, when the only worker starts; ``requeueUpdates()`` is for one that lives.
    ///
    /// - Returns: the updates found, as they are now.
    public func recoverUpdates() async throws -> [Update] {
        try await write { db in
            var records = try UpdateRecord.fetch(db, UpdateRecord.running)
            for index in records.indices {
                if records[index].attempts >= UpdateRecord.attemptLimit {
                    try Claims(db, records[index]).giveBack(counting: .failures)
                    let error = "the trainer ended \(records[index].attempts) times in the middle of it"
                    try records[index].finish(db, as: .failed, error: error)
                } else {
                    try records[index].queueAgain(db)
                }
            }
            return records.map(\.value)
        }
    }

    /// Queues what a trainer that lives has in the middle, as if it had not begun: because it ends in order, or could not
    /// write how an update ended. The claims and inputs stay, and the attempt does not count.
    ///
    /// Only the one trainer may call it. Writes nothing where nothing runs.
    ///
    /// - Returns: the updates found, as they are now.
    public func requeueUpdates() async throws -> [Update] {
        guard try await isTraining() else { return [] }
        return try await write { db in
            var records = try UpdateRecord.fetch(db, UpdateRecord.running)
            for index in records.indices {
                records[index].attempts = max(0, records[index].attempts - 1)
                try records[index].queueAgain(db)
            }
            return records.map(\.value)
        }
    }

    /// Queues a running update once more, for all tasks that take part, to start from what they serve now: for a parent
    /// that was replaced by hand meanwhile.
    ///
    /// - Throws: ``StoreError/updateNotRunning(_:status:)``.
    public func restart(_ id: String) async throws -> Update {
        try await write { db in
            for var record in try UpdateRecord.findRunning(db, id).together(db) {
                record.inputs = try UpdateRecord.Inputs(
                    db, task: record.task, claimedThrough: record.inputs?.removalsThrough)
                try record.queueAgain(db)
            }
            return try UpdateRecord.find(db, id).value
        }
    }

    /// - Returns: `nil` when there is nothing to train on.
    private static func start(_ record: UpdateRecord, _ db: Database, limit: Int?) throws -> UpdateWork? {
        guard let task = try TaskRecord.find(db, id: record.task) else { return nil }
        let isFirst = record.value.startedAt == nil
        guard var work = try begin(record, task, db, limit: limit) else { return nil }
        let others = isFirst ? try record.recruit(db, for: task) : try record.together(db)
        work.sharing = try others.filter { $0.number != record.number }.compactMap { other in
            try TaskRecord.find(db, id: other.task).flatMap { try begin(other, $0, db, limit: limit) }
        }
        return work
    }

    /// One task's part of an update; `nil` when there is nothing to train on and no other task to be trained with.
    private static func begin(
        _ record: UpdateRecord, _ task: TaskRecord, _ db: Database, limit: Int?
    ) throws -> UpdateWork? {
        var record = record
        let claims = Claims(db, record)
        if record.value.startedAt == nil {
            record.value.examples.new = try claims.take(limit: limit)
            guard record.value.examples.new > 0 || record.lead != nil else {
                try claims.giveBack(counting: nil)
                return nil
            }
            record.value.startedAt = .now
        }
        let inputs = try record.inputs ?? UpdateRecord.Inputs(db, task: task.id)
        record.inputs = inputs
        record.attempts += 1
        record.value.experience = task.experiences + 1
        record.value.status = .training
        record.value.progress = 0
        try record.save(db)
        let replayFactor = try DriftRecord.replayFactor(db, update: record.number, task: task.id)

        let training = try claims.examples(heldOut: false)
        guard !training.isEmpty || task.adapter != nil else { return nil }
        let parent = try inputs.parent.flatMap { try VersionRecord.find(db, task: task.id, number: $0) }
        return UpdateWork(
            update: record.value, task: task.value, training: training, heldOut: try claims.examples(heldOut: true),
            parent: parent?.value,
            replay: try ReplayState(
                db, task: task.id, generation: inputs.replay, removalsThrough: inputs.removalsThrough),
            analytic: parent?.analytic, attempt: record.attempts, replayFactor: replayFactor)
    }
}

extension UpdateRecord {
    fileprivate mutating func queueAgain(_ db: Database) throws {
        value.status = .queued
        value.progress = 0
        try save(db)
    }
}

extension UpdateRecord.Inputs {
    /// What the task serves now.
    ///
    /// - Parameter claimedThrough: the last removal when the update claimed its examples: what was relabelled since it
    ///   learns as it claimed it, and the next update takes it out.
    init(_ db: Database, task: Int64, claimedThrough: Int64? = nil) throws {
        let champion = try VersionRecord.champion(db, task: task)
        let latest = "SELECT max(id) FROM replay_removal WHERE task = ?"
        let applied = "SELECT removals_through FROM replay_generation WHERE id = ?"
        let through =
            try claimedThrough.map { through in
                max(through, try Int64.fetchOne(db, sql: applied, arguments: [champion?.replay]) ?? 0)
            } ?? Int64.fetchOne(db, sql: latest, arguments: [task]) ?? 0
        self.init(parent: champion?.number, replay: champion?.replay, removalsThrough: through)
    }
}
