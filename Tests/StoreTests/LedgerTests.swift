import Foundation
import GRDB
import Schema
import Store
import Testing

@Suite("Ledger")
struct LedgerTests {
    @Test("accepted, duplicate and refused lines add up, and the sequence range names what was accepted")
    func counts() async throws {
        try await StoreFixture.with { fixture in
            var refused = IngestReport()
            refused.reject(Rejection(line: 2, field: "text", code: "missing_field", message: "add a text"))
            let batch = LedgerBatch(
                entries: [(1, "a"), (3, "b"), (4, "a")].map {
                    LedgerEntry(line: $0.0, example: Example(text: $0.1, label: "x"))
                }, refused: refused)
            let report = try await fixture.store.append(batch, to: fixture.task).report
            #expect(report.accepted == 2)
            #expect(report.duplicates == 1)
            #expect(report.rejected == 1)
            #expect(report.errors.map(\.line) == [2])
            #expect(report.firstSequence.map { $0 + 1 } == report.lastSequence)
        }
    }

    /// Sent first: text T with label L under the id in the first column; then the second example.
    @Test(
        "an example is known by its id, else by its text",
        arguments: [
            (nil, Example(text: "T", label: "L"), "duplicate"),
            ("1", Example(text: "T", label: "L", id: "1"), "duplicate"),
            ("1", Example(text: "T", label: "L", id: "2"), "duplicate"),
            ("1", Example(text: "T", label: "L"), "duplicate"),
            (nil, Example(text: "T ", label: "L"), "new"),
            ("1", Example(text: "U", label: "L", id: "2"), "new"),
            (nil, Example(text: "T", label: "M"), "supersedes"),
            ("1", Example(text: "T", label: "M", id: "1"), "supersedes"),
            ("1", Example(text: "T", label: "M", id: "2"), "supersedes"),
            ("1", Example(text: "U", label: "L", id: "1"), "supersedes"),
            ("1", Example(text: "U", label: "M", id: "1"), "supersedes"),
        ])
    func identity(id: String?, second: Example, expected: String) async throws {
        try await StoreFixture.with { fixture in
            try await fixture.append(Example(text: "T", label: "L", id: id))
            let report = try await fixture.append(second)
            let counts = try await fixture.store.counts(fixture.task)
            let work = try await fixture.claim()
            switch expected {
            case "duplicate":
                #expect(report.duplicates == 1 && counts.total == 1)
                #expect(work.training.map(\.label) == ["L"])
            case "new":
                #expect(report.accepted == 1 && counts.pending == 2)
            default:
                #expect(report.accepted == 1 && counts.pending == 1 && counts.superseded == 1)
                #expect(work.training.map(\.text) == [second.text])
                #expect(work.training.map(\.label) == [second.label])
                #expect(work.training.first?.sequence == report.firstSequence)
            }
        }
    }

    @Test("an id that moves to a text known under another id withdraws its old text only")
    func movedID() async throws {
        try await StoreFixture.with { fixture in
            try await fixture.append(
                Example(text: "old", label: "L", id: "1"), Example(text: "known", label: "L", id: "2"))
            let report = try await fixture.append(Example(text: "known", label: "L", id: "1"))
            #expect(report.duplicates == 1)
            #expect(try await fixture.claim().training.map(\.text) == ["known"])
        }
    }

    @Test("tasks do not know each other's examples")
    func tasksAreApart() async throws {
        try await StoreFixture.with { fixture in
            let other = try TaskName("other")
            _ = try await fixture.store.putTask(other)
            try await fixture.append(Example(text: "T", label: "L", id: "1"))
            let report = try await fixture.store.append(
                LedgerBatch([Example(text: "T", label: "M", id: "1")]), to: other)
            #expect(report.report.accepted == 1)
            #expect(try await fixture.store.counts(fixture.task).superseded == 0)
        }
    }

    @Test("a label beyond the limit is refused by line; the labels there are still work")
    func labelLimit() async throws {
        try await StoreFixture.with(labels: (1...ExampleLimits.labelsPerTask).map { "label \($0)" }) { fixture in
            let report = try await fixture.append(
                Example(text: "1", label: "label 1"), Example(text: "2", label: "one more"))
            #expect(report.accepted == 1)
            #expect(report.errors.map(\.line) == [2])
            #expect(report.errors.first?.field == "label")
            #expect(report.errors.first?.code == "too_many_labels")
        }
    }

    @Test("a batch larger than a transaction is one stream: sequences ascend, duplicates are found across")
    func largeBatch() async throws {
        try await StoreFixture.with { fixture in
            let examples = (0..<20_000).map { Example(text: "text \($0 % 19_000)", label: "label \($0 % 7)") }
            let report = try await fixture.append(examples)
            // 19,000 is not a multiple of 7, so each of the last thousand comes with another label.
            #expect(report.accepted == 20_000)
            let counts = try await fixture.store.counts(fixture.task)
            #expect(counts.pending == 19_000 && counts.superseded == 1_000)
            let again = try await fixture.append(Array(examples.suffix(19_000)))
            #expect(again.duplicates == 19_000)
            let work = try await fixture.claim()
            #expect(work.training.count == 19_000)
            #expect(zip(work.training, work.training.dropFirst()).allSatisfy { $0.sequence < $1.sequence })
            #expect(work.range?.upperBound == report.lastSequence)
        }
    }

    @Test("appends made at once are all answered, each with its own rows")
    func concurrentAppends() async throws {
        try await StoreFixture.with { fixture in
            let reports = try await withThrowingTaskGroup(of: IngestReport.self) { group in
                for client in 0..<200 {
                    group.addTask {
                        try await fixture.append((0..<5).map { Example(text: "\(client) \($0 % 4)", label: "x") })
                    }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(reports.allSatisfy { $0.accepted == 4 && $0.duplicates == 1 })
            let ranges = reports.compactMap { report in report.firstSequence.map { $0...(report.lastSequence ?? 0) } }
            #expect(Set(ranges.flatMap(Array.init)).count == 800)
            #expect(try await fixture.store.counts(fixture.task).pending == 800)
        }
    }

    @Test("a refusal in a shared transaction concerns its caller only")
    func refusalIsOwn() async throws {
        try await StoreFixture.with { fixture in
            let nobody = try TaskName("nobody")
            let refused = try await withThrowingTaskGroup(of: Bool.self) { group in
                for client in 0..<100 {
                    group.addTask {
                        do {
                            let task = client % 2 == 0 ? fixture.task : nobody
                            _ = try await fixture.store.append(
                                LedgerBatch([Example(text: "\(client)", label: "x")]), to: task)
                            return false
                        } catch StoreError.unknownTask {
                            return true
                        }
                    }
                }
                return try await group.reduce(0) { $0 + ($1 ? 1 : 0) }
            }
            #expect(refused == 50)
            #expect(try await fixture.store.counts(fixture.task).pending == 50)
        }
    }

    @Test("pending says how many wait and since when")
    func pending() async throws {
        try await StoreFixture.with { fixture in
            #expect(try await fixture.store.pending(fixture.task) == PendingExamples())
            let before = Timestamp.now
            try await fixture.append(Example(text: "1", label: "x"), Example(text: "2", label: "x"))
            let pending = try await fixture.store.pending(fixture.task)
            #expect(pending.training == 2 && pending.fresh == 2 && pending.heldOut == 0)
            let oldest = try #require(pending.oldestArrival)
            #expect(before <= oldest && oldest <= .now)
        }
    }

    @Test("any text survives the ledger", arguments: ["", "e\u{301}", "é", "👩‍👩‍👧‍👦", "\r\n", "'; --"])
    func anyText(text: String) async throws {
        try await StoreFixture.with { fixture in
            try await fixture.append(
                Example(text: text, label: text + "l", id: "i" + text, source: text, timestamp: -1.5))
            let example = try #require(try await fixture.claim().training.first)
            #expect(Array(example.text.utf8) == Array(text.utf8))
            #expect(Array(example.label.utf8) == Array((text + "l").utf8))
            #expect(example.timestamp == -1.5)
        }
    }

    @Test("a NUL character is refused by line and field", arguments: ["text", "label", "id", "source"])
    func nulCharacter(field: String) async throws {
        try await StoreFixture.with { fixture in
            var example = Example(text: "T", label: "L", id: "1", source: "S")
            switch field {
            case "text": example.text = "a\u{0}b"
            case "label": example.label = "a\u{0}b"
            case "id": example.id = "a\u{0}b"
            default: example.source = "a\u{0}b"
            }
            let report = try await fixture.append(Example(text: "U", label: "L"), example)
            #expect(report.accepted == 1 && report.rejected == 1)
            #expect(report.errors.map(\.line) == [2] && report.errors.map(\.field) == [field])
        }
    }
}
