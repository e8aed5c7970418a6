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

    /// Calls `body` with every slice that a version was judged on and that had examples. One after the other: of a long
    /// history they are many.
    func forEach(_ body: (_ version: Int, _ experience: Int, _ accuracy: Double) -> Void) throws {
        let sql = "SELECT version, experience, correct, total FROM evaluation WHERE task = ?"
        let rows = try Row.fetchCursor(db, sql: sql, arguments: [task])
        while let row = try rows.next() {
            let evaluation = SliceEvaluation(experience: row[1], correct: row[2], total: row[3])
            if let accuracy = evaluation.accuracy { body(row[0], evaluation.experience, accuracy) }
        }
    }
}
