import Foundation
import GRDB
import Schema

/// The held-out examples of one task, by experience.
struct HeldOutSlices {
    private let db: Database
    private let task: Int64

    init(_ db: Database, task: Int64) {
        self.db = db
        self.task = task
    }

    /// Oldest experience first; examples in order of arrival.
    func all() throws -> [HeldOutSlice] {
        let sql = """
            SELECT example.*, label.name AS label_name FROM example JOIN label ON label.id = example.label
            WHERE example.task = ? AND state = \(ExampleState.heldOut) ORDER BY experience, sequence
            """
        var slices: [HeldOutSlice] = []
        for row in try Row.fetchAll(db, sql: sql, arguments: [task]) {
            let experience: Int = row["experience"]
            if slices.last?.experience != experience {
                slices.append(HeldOutSlice(experience: experience, examples: []))
            }
            slices[slices.count - 1].examples.append(LedgerExample(row))
        }
        return slices
    }

    /// For each of the experiences from 1 to `count`, which labels it holds and how many examples.
    func summary(experiences count: Int) throws -> [ForgettingReport.Slice] {
        var slices = (0..<count).map { ForgettingReport.Slice(experience: $0 + 1, labels: [], holdout: 0) }
        let sql = """
            SELECT experience, label.name AS label_name, count(*) AS count
            FROM example JOIN label ON label.id = example.label
            WHERE example.task = ? AND state = \(ExampleState.heldOut) GROUP BY experience, label ORDER BY label
            """
        for row in try Row.fetchAll(db, sql: sql, arguments: [task]) {
            let index = row["experience"] - 1
            guard slices.indices.contains(index) else { continue }
            slices[index].labels.append(row["label_name"])
            slices[index].holdout += row["count"]
        }
        return slices
    }

    /// Takes examples out until the task is within `limits`; what leaves was never trained on and never will be.
    ///
    /// - Parameter newest: the experience that was learned last.
    func thin(to limits: HeldOutLimits, newest: Int) throws {
        let total = """
            SELECT count(*) AS examples, total(octet_length) AS bytes FROM (
                SELECT length(CAST(text AS BLOB)) AS octet_length FROM example
                WHERE task = ? AND state = \(ExampleState.heldOut))
            """
        guard let row = try Row.fetchOne(db, sql: total, arguments: [task]) else { return }
        guard row["examples"] > limits.examples || row["bytes"] > limits.bytes else { return }

        let sql = """
            SELECT sequence, experience, label, text_hash, length(CAST(text AS BLOB)) AS bytes FROM example
            WHERE task = ? AND state = \(ExampleState.heldOut)
            """
        let members = try Row.fetchAll(db, sql: sql, arguments: [task]).map { row in
            HeldOutThinning.Member(
                sequence: row["sequence"], experience: row["experience"], label: row["label"],
                hash: ContentHash(data: row["text_hash"]) ?? ContentHash(high: 0, low: 0), bytes: row["bytes"])
        }
        let drop = try db.cachedStatement(
            sql: """
                UPDATE example
                SET state = \(ExampleState.consumed), text = NULL, id = NULL, source = NULL, timestamp = NULL
                WHERE sequence = ?
                """)
        for sequence in HeldOutThinning(limits: limits, spans: SliceSpans(newest: newest))
            .removals(from: members) {
            try drop.execute(arguments: [sequence])
        }
    }
}
