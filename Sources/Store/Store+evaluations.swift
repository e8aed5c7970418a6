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
            let accuracies = try Evaluations(db, task: record.id).accuracies()
            let sql = """
                SELECT version, parent, experience FROM update_run WHERE task = ? AND status = 'promoted'
                ORDER BY experience
                """
            let updates = try Row.fetchAll(db, sql: sql, arguments: [record.id])
            let slices = try HeldOutSlices(db, task: record.id).summary(experiences: updates.count)
            let accuracy = updates.map { update -> [Double?] in
                slices.map { slice in
                    slice.experience <= update["experience"] ? accuracies[update["version"]]?[slice.experience] : nil
                }
            }
            let before = updates.map { update -> Double? in
                let parent: Int? = update["parent"]
                return parent.flatMap { accuracies[$0]?[update["experience"]] }
            }
            return AccuracyHistory(
                report: ForgettingReport(
                    task: task, slices: slices, versions: updates.map { VersionName.text($0["version"]) },
                    accuracy: accuracy),
                beforeLearning: before, untrained: slices.map { accuracies[0]?[$0.experience] })
        }
    }
}
