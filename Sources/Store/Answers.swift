import GRDB
import Schema

/// What the versions of one task answered the held-out examples with.
struct Answers {
    private let db: Database
    private let task: Int64

    init(_ db: Database, task: Int64) {
        self.db = db
        self.task = task
    }

    func insert(_ answers: [HeldOutAnswer], version: Int) throws {
        guard !answers.isEmpty else { return }
        let labels = Dictionary(
            try Row.fetchAll(db, sql: "SELECT name, id FROM label WHERE task = ?", arguments: [task])
                .map { ($0["name"] as String, $0["id"] as Int64) }, uniquingKeysWith: { first, _ in first })
        let statement = try db.cachedStatement(
            sql: "INSERT OR REPLACE INTO answer (task, version, example, label, score) VALUES (?, ?, ?, ?, ?)")
        for answer in answers {
            // A label can go while an update runs; an answer with it says nothing to anyone any more.
            guard let label = labels[answer.label] else { continue }
            try statement.execute(arguments: [task, version, answer.example, label, answer.score])
        }
    }

    /// By sequence number, what each example was answered with. Nothing unless an update was promoted as the version:
    /// one that was rejected and then promoted by hand serves without the analytic head it was judged with.
    func byExample(version: Int) throws -> [Int64: HeldOutAnswer] {
        let sql = """
            SELECT answer.example, label.name, answer.score FROM answer JOIN label ON label.id = answer.label
            WHERE answer.task = :task AND answer.version = :version AND EXISTS (
                SELECT 1 FROM update_run WHERE task = :task AND version = :version AND status = 'promoted')
            """
        return Dictionary(
            try Row.fetchAll(db, sql: sql, arguments: ["task": task, "version": version]).map {
                ($0[0], HeldOutAnswer(example: $0[0], label: $0[1], score: $0[2]))
            }, uniquingKeysWith: { first, _ in first })
    }

    /// Of the examples that are still held out.
    func evaluation(of version: VersionRecord) throws -> EvaluationReport? {
        let sql = """
            SELECT expected.name AS expected, predicted.name AS predicted, answer.score AS score
            FROM answer
            JOIN example ON example.sequence = answer.example AND example.state = \(ExampleState.heldOut)
            JOIN label AS expected ON expected.id = example.label
            JOIN label AS predicted ON predicted.id = answer.label
            WHERE answer.task = ? AND answer.version = ? ORDER BY answer.example
            """
        let answers = try Row.fetchAll(db, sql: sql, arguments: [task, version.number]).map {
            EvaluationReport.Answer(expected: $0["expected"], predicted: $0["predicted"], score: $0["score"])
        }
        return answers.isEmpty ? nil : EvaluationReport(version: version.value.version, answers: answers)
    }

    /// Every example that is still held out and that both versions have answered.
    func changes(from: Int, to: Int) throws -> [VersionComparison.Change] {
        let sql = """
            SELECT example.text AS text, expected.name AS expected, before.name AS before, after.name AS after
            FROM answer AS old
            JOIN answer AS new ON new.task = old.task AND new.example = old.example AND new.version = :to
            JOIN example ON example.sequence = old.example AND example.state = \(ExampleState.heldOut)
            JOIN label AS expected ON expected.id = example.label
            JOIN label AS before ON before.id = old.label
            JOIN label AS after ON after.id = new.label
            WHERE old.task = :task AND old.version = :from ORDER BY old.example
            """
        return try Row.fetchAll(db, sql: sql, arguments: ["task": task, "from": from, "to": to]).map {
            VersionComparison.Change(text: $0["text"] ?? "", label: $0["expected"], from: $0["before"], to: $0["after"])
        }
    }
}

/// Loss curves of one task's newest updates.
struct TrainingCurves {
    /// Updates whose curve is kept.
    static let kept = 50

    private let db: Database
    private let task: Int64

    init(_ db: Database, task: Int64) {
        self.db = db
        self.task = task
    }

    func save(_ curve: TrainingCurve, update number: Int64) throws {
        let isNew = try self.curve(ofUpdate: number) == nil
        try db.execute(
            sql: "INSERT OR REPLACE INTO training_curve (number, curve) VALUES (?, ?)",
            arguments: [number, try StoredValue.encodeJSON(curve)])
        guard isNew else { return }
        try db.execute(
            sql: """
                DELETE FROM training_curve WHERE number IN (
                    SELECT training_curve.number FROM update_run JOIN training_curve USING (number)
                    WHERE task = ? ORDER BY number DESC LIMIT -1 OFFSET \(Self.kept))
                """,
            arguments: [task])
    }

    func curve(ofUpdate number: Int64) throws -> TrainingCurve? {
        let sql = "SELECT curve FROM training_curve WHERE number = ?"
        return try String.fetchOne(db, sql: sql, arguments: [number]).map(StoredValue.decodeJSON)
    }

    /// Of the newest update; `nil` before its first step.
    func newest() throws -> TrainingCurve? {
        let sql = "SELECT curve FROM training_curve WHERE number = (SELECT max(number) FROM update_run WHERE task = ?)"
        return try String.fetchOne(db, sql: sql, arguments: [task]).map(StoredValue.decodeJSON)
    }
}

extension ReplayDetail {
    func insert(_ db: Database, generation: Int64) throws {
        try db.execute(
            sql: "INSERT OR REPLACE INTO replay_detail (generation, composition, rehearsals) VALUES (?, ?, ?)",
            arguments: [
                generation, try StoredValue.encodeJSON(composition), try StoredValue.encodeJSON(rehearsals),
            ])
    }

    static func fetch(_ db: Database, generation: Int64?) throws -> ReplayDetail? {
        let sql = "SELECT composition, rehearsals FROM replay_detail WHERE generation = ?"
        return try Row.fetchOne(db, sql: sql, arguments: [generation]).map {
            ReplayDetail(
                composition: try StoredValue.decodeJSON($0["composition"]),
                rehearsals: try StoredValue.decodeJSON($0["rehearsals"]))
        }
    }
}
