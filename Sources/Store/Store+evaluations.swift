import GRDB
import Schema

extension Store {
    /// The held-out slices of a task, oldest experience first; without those that have no example left.
    public func slices(_ task: TaskName) async throws -> [HeldOutSlice] {
        try await read { db in try HeldOutSlices(db, task: TaskRecord.id(db, task)).all() }
    }

    /// What a version answered held-out examples with when it was judged, by their sequence numbers; some may be missing.
    public func answers(_ task: TaskName, version: String) async throws -> [Int64: HeldOutAnswer] {
        try await read { db in
            let id = try TaskRecord.id(db, task)
            return try VersionName.number(version).map { try Answers(db, task: id).byExample(version: $0) } ?? [:]
        }
    }

    /// How each promoted update did on every slice known then.
    ///
    /// Row t is the t-th promoted update, whatever was promoted or rolled back by hand since.
    public func accuracyHistory(_ task: TaskName) async throws -> AccuracyHistory {
        try await read { db in
            let record = try TaskRecord.find(db, task)
            let sql = """
                SELECT version, parent, experience FROM update_run WHERE task = ? AND status = 'promoted'
                ORDER BY experience
                """
            let updates = try Row.fetchAll(db, sql: sql, arguments: [record.id]).map(PromotedUpdate.init)
            let slices = try HeldOutSlices(db, task: record.id).summary(experiences: updates.count)
            var history = AccuracyHistory(
                report: ForgettingReport(
                    task: task, slices: slices, versions: updates.map { VersionName.text($0.version) },
                    accuracy: updates.map { _ in Array(repeating: nil, count: slices.count) }),
                beforeLearning: Array(repeating: nil, count: updates.count),
                untrained: Array(repeating: nil, count: slices.count))
            let made = Dictionary(updates.enumerated().map { ($1.version, $0) }, uniquingKeysWith: { _, last in last })
            let successors = Dictionary(grouping: updates.indices, by: { updates[$0].parent })
            try Evaluations(db, task: record.id).forEach { version, experience, accuracy in
                guard slices.indices.contains(experience - 1) else { return }
                if version == 0 { history.untrained[experience - 1] = accuracy }
                if let update = made[version], experience <= updates[update].experience {
                    history.report.accuracy[update][experience - 1] = accuracy
                }
                for update in successors[version] ?? [] where updates[update].experience == experience {
                    history.beforeLearning[update] = accuracy
                }
            }
            return history
        }
    }

    private struct PromotedUpdate {
        let version: Int
        let parent: Int?
        let experience: Int

        init(_ row: Row) {
            version = row["version"]
            parent = row["parent"]
            experience = row["experience"]
        }
    }
}
