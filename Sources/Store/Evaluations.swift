import GRDB
import Schema

/// Right answers by version and slice, of one task. Version 0 is the untrained model.
struct Evaluations {
    private let db: Database
    private let task: Int64

    init(_ db: Database, task: Int64) {
        self.db = db
        self.task = task
    }

    /// Writes what a promotion measured: the candidate everywhere, its parent and the untrained model on the new slice.
    func insert(_ promotion: Promotion, version: Int, parent: Int?) throws {
        for evaluation in promotion.candidate.evaluations { try insert(evaluation, version: version) }
        if let evaluation = promotion.parentOnNewSlice, let parent { try insert(evaluation, version: parent) }
        if let evaluation = promotion.untrainedOnNewSlice { try insert(evaluation, version: 0) }
    }

    private func insert(_ evaluation: SliceEvaluation, version: Int) throws {
        try db.execute(
            sql: "INSERT OR REPLACE INTO evaluation (task, version, experience, correct, total) VALUES (?, ?, ?, ?, ?)",
            arguments: [task, version, evaluation.experience, evaluation.correct, evaluation.total])
    }

    /// Accuracy by version and experience.
    func accuracies() throws -> [Int: [Int: Double]] {
        var result: [Int: [Int: Double]] = [:]
        let sql = "SELECT * FROM evaluation WHERE task = ?"
        for row in try Row.fetchAll(db, sql: sql, arguments: [task]) {
            let evaluation = SliceEvaluation(
                experience: row["experience"], correct: row["correct"], total: row["total"])
            result[row["version"], default: [:]][evaluation.experience] = evaluation.accuracy
        }
        return result
    }
}
