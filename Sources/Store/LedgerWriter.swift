import Foundation
import GRDB
import Schema

/// Appends batches inside one transaction.
///
/// Rules, in this order, for a text T with label L and perhaps an id:
/// 1. the id is known with T and L, or T is known with L: a duplicate;
/// 2. the id is known with another text, or T with another label: the old example is superseded and this one is new;
/// 3. otherwise it is new.
///
/// An id that moves to a text already known with the same label takes its old text with it: that one is superseded,
/// and the line is still a duplicate.
struct LedgerWriter {
    private let db: Database
    private let now: Timestamp
    private let insert: Statement
    private var ledgers: [TaskName: TaskLedger] = [:]

    init(_ db: Database, now: Timestamp) throws {
        self.db = db
        self.now = now
        insert = try db.cachedStatement(
            sql: """
                INSERT INTO example
                    (task, label, state, held_out, trained, arrived_at, text_hash, id_hash, id, source, timestamp, text)
                VALUES (?, ?, \(ExampleState.pending), ?, ?, ?, ?, ?, ?, ?, ?, ?)
                ON CONFLICT DO NOTHING
                """)
    }

    /// - Throws: ``StoreError/unknownTask(_:)`` or ``StoreError/idempotencyConflict(key:)`` before anything is written.
    mutating func append(_ append: AppendQueue.Append) throws -> LedgerAnswer {
        var ledger = try ledgers.removeValue(forKey: append.task) ?? TaskLedger(db, append.task)
        defer { ledgers[append.task] = ledger }
        let idempotency = IdempotencyStore(db, task: ledger.task, now: now)
        if let key = append.idempotency, let answer = try idempotency.answer(to: key) { return answer }

        var report = append.refused
        for entry in append.entries { try take(entry, into: &ledger, &report) }
        // Refusals of the parser came before those of the ledger; users read them by line.
        report.errors.sort { $0.line < $1.line }
        try ledger.finishAppend(db)
        if let key = append.idempotency { try idempotency.store(report, for: key) }
        return LedgerAnswer(report: report)
    }

    private func take(_ entry: HashedEntry, into ledger: inout TaskLedger, _ report: inout IngestReport) throws {
        guard let label = try ledger.label(db, entry.example.label) else {
            report.reject(Self.tooManyLabels(line: entry.line))
            return
        }
        let inherited = ledger.hasSuperseded ? try ledger.supersededSide(db, entry.textHash) : nil
        let side = inherited ?? ledger.side(of: entry, label: label)
        if try !insert(entry, label: label, side: side, into: ledger) {
            // The text or the id is known: the rare path.
            let old = try ledger.find(db, text: entry.textHash, id: entry.idHash)
            if let byID = old.byID, byID.sequence != old.byText?.sequence { try ledger.supersede(db, byID) }
            if let byText = old.byText {
                if byText.label == label {
                    report.duplicates += 1
                    return
                }
                try ledger.supersede(db, byText)
            }
            // Its label may have lost its other example just now.
            let side = try ledger.supersededSide(db, entry.textHash) ?? ledger.side(of: entry, label: label)
            guard try insert(entry, label: label, side: side, into: ledger) else {
                throw DatabaseError(resultCode: .SQLITE_CORRUPT, message: "example indices disagree with their rows")
            }
            ledger.count(label: label, heldOut: side.isHeldOut)
        } else {
            ledger.count(label: label, heldOut: side.isHeldOut)
        }
        report.accepted += 1
        report.firstSequence = report.firstSequence ?? db.lastInsertedRowID
        report.lastSequence = db.lastInsertedRowID
    }

    /// - Returns: whether the row was new.
    private func insert(_ entry: HashedEntry, label: Int64, side: Side, into ledger: TaskLedger) throws -> Bool {
        let example = entry.example
        insert.setUncheckedArguments([
            ledger.task, label, side.isHeldOut, side.isTrained, now.seconds, entry.textHash, entry.idHash, example.id,
            example.source, example.timestamp, example.text,
        ])
        try insert.execute()
        return db.changesCount == 1
    }

    private static func tooManyLabels(line: Int) -> Rejection {
        Rejection(
            line: line, field: "label", code: "too_many_labels",
            message: "a task has at most \(ExampleLimits.labelsPerTask) labels; use one of those it has")
    }
}

/// On which side of the evaluation a text stands.
struct Side {
    var isHeldOut: Bool
    /// The text was trained on, under this label or an earlier one: it stays on the training side for good.
    var isTrained = false
}
