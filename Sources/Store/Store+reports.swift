import GRDB
import Schema

extension Store {
    /// What is known of a task besides its accuracy matrix, read in one snapshot.
    ///
    /// - Parameter updates: how many of the newest updates to read.
    public func report(_ task: TaskName, updates: Int = 50) async throws -> TaskReport {
        try await read { db in
            let record = try TaskRecord.find(db, task)
            let pending = try PendingExamples(db, task: record.id)
            let versions = try VersionRecord.all(db, task: record.id)
            let champion = versions.first { $0.value.state == .champion }
            return TaskReport(
                task: record.value, versions: versions.map(\.value), waiting: pending.training,
                parked: pending.parked,
                forgetting: ForgettingReport(task: task, slices: [], versions: [], accuracy: []),
                updates: try UpdateRecord.fetch(db, "task = ?", [record.id], limit: updates).map(\.value),
                curve: try TrainingCurves(db, task: record.id).newest(),
                timeline: try Timeline(db, task: record.id).events(),
                evaluation: try champion.flatMap { try Answers(db, task: record.id).evaluation(of: $0) },
                replay: try ReplayDetail.fetch(db, generation: champion?.replay)?.composition)
        }
    }

    /// How a version answered the held-out examples; `nil` where that was not recorded.
    public func evaluation(_ task: TaskName, _ selector: AdapterSelector) async throws -> EvaluationReport? {
        try await read { db in
            let id = try TaskRecord.id(db, task)
            return try Answers(db, task: id).evaluation(of: VersionRecord.find(db, task: id, name: task, selector))
        }
    }

    /// Two versions on the held-out examples that both have answered.
    public func comparison(
        _ task: TaskName, from: AdapterSelector, to: AdapterSelector
    ) async throws -> VersionComparison {
        try await read { db in
            let id = try TaskRecord.id(db, task)
            let from = try VersionRecord.find(db, task: id, name: task, from)
            let to = try VersionRecord.find(db, task: id, name: task, to)
            return VersionComparison(
                task: task, from: from.value.version, to: to.value.version,
                answers: try Answers(db, task: id).changes(from: from.number, to: to.number))
        }
    }

    /// How an update learns; `nil` before its first step, and once it is old.
    ///
    /// - Throws: ``StoreError/unknownUpdate(_:)``.
    public func trainingCurve(_ id: String) async throws -> TrainingCurve? {
        try await read { db in
            let record = try UpdateRecord.find(db, id)
            return try TrainingCurves(db, task: record.task).curve(ofUpdate: record.number)
        }
    }

    /// How often each exemplar of a replay memory was learned again, by sequence number.
    public func rehearsals(_ task: TaskName, generation digest: String?) async throws -> [Int64: Int] {
        guard let digest else { return [:] }
        return try await read { db in
            let sql = "SELECT max(id) FROM replay_generation WHERE task = ? AND digest = ?"
            let generation = try Int64.fetchOne(db, sql: sql, arguments: [TaskRecord.id(db, task), digest])
            return try ReplayDetail.fetch(db, generation: generation)?.rehearsals ?? [:]
        }
    }
}

/// One task's moves of the champion alias as events.
struct Timeline {
    private let db: Database
    private let task: Int64

    /// Newest moves that are read.
    static let limit = 200

    init(_ db: Database, task: Int64) {
        self.db = db
        self.task = task
    }

    /// Oldest first.
    func events() throws -> [TimelineEvent] {
        let sql = """
            SELECT * FROM (SELECT * FROM alias_move WHERE task = ? ORDER BY id DESC LIMIT \(Self.limit)) ORDER BY id
            """
        let moves = try Row.fetchAll(db, sql: sql, arguments: [task]).map(Move.init)
        var events = moves.map { move in
            TimelineEvent(
                time: Timestamp(seconds: move.movedAt), version: VersionName.text(move.version),
                cause: move.cause == Registry.Cause.update.rawValue ? .update : .promote)
        }
        // A rollback undoes all moves above the one it goes back to, at one moment.
        for (time, undone) in Dictionary(grouping: moves.filter { $0.undoneAt != nil }, by: { $0.undoneAt ?? 0 }) {
            let first = undone.map(\.id).min() ?? 0
            guard let back = moves.last(where: { $0.id < first && ($0.undoneAt ?? .infinity) > time }) else { continue }
            events.append(
                TimelineEvent(
                    time: Timestamp(seconds: time), version: VersionName.text(back.version), cause: .rollback))
        }
        return events.sorted { $0.time < $1.time }
    }

    private struct Move {
        var id: Int64
        var version: Int
        var cause: String
        var movedAt: Double
        var undoneAt: Double?

        init(_ row: Row) {
            id = row["id"]
            version = row["version"]
            cause = row["cause"]
            movedAt = row["moved_at"]
            undoneAt = row["undone_at"]
        }
    }
}
