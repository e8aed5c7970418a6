import Foundation
import GRDB
import Schema
import Store
import Testing

@Suite("Idempotency")
struct IdempotencyTests {
    private func batch(_ text: String, key: String) -> LedgerBatch {
        LedgerBatch(
            entries: [LedgerEntry(line: 1, example: Example(text: text, label: "x"))],
            idempotency: IdempotencyKey(key: key, bodyDigest: Data(text.utf8)))
    }

    @Test("the same key and body get the first answer again, and write nothing")
    func replay() async throws {
        try await StoreFixture.with { fixture in
            let first = try await fixture.store.append(batch("T", key: "k"), to: fixture.task)
            let second = try await fixture.store.append(batch("T", key: "k"), to: fixture.task)
            #expect(!first.replayed && second.replayed)
            #expect(first.report == second.report && first.report.accepted == 1)
            #expect(try await fixture.store.counts(fixture.task).total == 1)
        }
    }

    @Test("the same key with another body is refused, and nothing of it is written")
    func conflict() async throws {
        try await StoreFixture.with { fixture in
            _ = try await fixture.store.append(batch("T", key: "k"), to: fixture.task)
            await #expect(throws: StoreError.idempotencyConflict(key: "k")) {
                _ = try await fixture.store.append(batch("U", key: "k"), to: fixture.task)
            }
            #expect(try await fixture.store.counts(fixture.task).total == 1)
        }
    }

    @Test("a key sent many times at once is carried out once")
    func concurrent() async throws {
        try await StoreFixture.with { fixture in
            let answers = try await withThrowingTaskGroup(of: LedgerAnswer.self) { group in
                for _ in 0..<50 {
                    group.addTask { try await fixture.store.append(batch("T", key: "k"), to: fixture.task) }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(answers.count { !$0.replayed } == 1)
            #expect(Set(answers.map(\.report)).count == 1)
        }
    }

    @Test("a key is a task's own, and is forgotten after a day")
    func scope() async throws {
        try await StoreFixture.with { fixture in
            let other = try TaskName("other")
            _ = try await fixture.store.putTask(other)
            _ = try await fixture.store.append(batch("T", key: "k"), to: fixture.task)
            #expect(try await !fixture.store.append(batch("U", key: "k"), to: other).replayed)

            try await fixture.database().write { db in
                try db.execute(
                    sql: "UPDATE idempotency SET created_at = created_at - ?",
                    arguments: [IdempotencyKey.lifetimeSeconds + 1])
            }
            #expect(try await !fixture.store.append(batch("U", key: "k"), to: fixture.task).replayed)
        }
    }
}
