import GRDB
import Schema
import Store
import Testing

@Suite("Tasks")
struct TaskTests {
    @Test("a task is created once and changed after; what is not given keeps its value")
    func putTask() async throws {
        try await StoreFixture.with { fixture in
            let name = try TaskName("triage")
            var policy = UpdatePolicy()
            policy.minimumExamples = 7
            let first = try await fixture.store.putTask(
                name, labels: ["b", "a"], description: "first", update: policy)
            #expect(first.created)
            #expect(first.task.labels == ["b", "a"])

            let second = try await fixture.store.putTask(name, description: "second")
            #expect(!second.created)
            #expect(second.task.description == "second")
            #expect(second.task.labels == ["b", "a"])
            #expect(second.task.update.minimumExamples == 7)
            #expect(try await fixture.store.task(name) == second.task)
            #expect(try await fixture.store.tasks().map(\.name) == [fixture.task, name])
        }
    }

    @Test("of changes to a task that are made at once none is lost")
    func changesAtOnce() async throws {
        try await StoreFixture.with { fixture in
            let changes: [@Sendable (inout UpdatePolicy) -> Void] = [
                { $0.minimumExamples = 5 }, { $0.holdout = 0.2 }, { $0.maximumWaitSeconds = 7 },
            ]
            try await withThrowingTaskGroup(of: Void.self) { group in
                for change in changes {
                    group.addTask {
                        _ = try await fixture.store.putTask(
                            fixture.task, kind: .classify, labels: nil, description: nil, adapter: nil
                        ) { policy in
                            var changed = policy
                            change(&changed)
                            return changed
                        }
                    }
                }
                try await group.waitForAll()
            }
            let policy = try await fixture.store.task(fixture.task).update
            #expect(policy.minimumExamples == 5 && policy.holdout == 0.2 && policy.maximumWaitSeconds == 7)
        }
    }

    @Test("two spellings of one label, composed and decomposed, are one label")
    func spellings() async throws {
        try await StoreFixture.with { fixture in
            let (composed, decomposed) = ("caf\u{e9}", "cafe\u{301}")
            try await fixture.append(Example(text: "1", label: composed))
            try await fixture.append(Example(text: "2", label: decomposed))
            _ = try await fixture.store.putTask(fixture.task, labels: [decomposed, "tea"])
            let labels = try await fixture.store.task(fixture.task).labels
            #expect(labels.map { Array($0.utf8) } == [Array(composed.utf8), Array("tea".utf8)])
            let again = try await fixture.append(Example(text: "1", label: decomposed))
            #expect(again.duplicates == 1)
        }
    }

    @Test("labels are declared ones first, then in order of arrival; a used one stays, an unused one can be withdrawn")
    func labelOrder() async throws {
        try await StoreFixture.with(labels: ["z", "unused"]) { fixture in
            try await fixture.append(
                Example(text: "1", label: "m"), Example(text: "2", label: "z"), Example(text: "3", label: "a"))
            #expect(try await fixture.store.task(fixture.task).labels == ["z", "unused", "m", "a"])
            _ = try await fixture.store.putTask(fixture.task, labels: ["a"])
            #expect(try await fixture.store.task(fixture.task).labels == ["a", "z", "m"])
        }
    }

    @Test(
        "an unknown task is named",
        arguments: ["task", "delete", "append", "pending", "update", "champion", "rollback"])
    func unknownTask(call: String) async throws {
        try await StoreFixture.with { fixture in
            let name = try TaskName("nobody")
            await #expect(throws: StoreError.unknownTask(name)) {
                switch call {
                case "task": _ = try await fixture.store.task(name)
                case "delete": _ = try await fixture.store.deleteTask(name)
                case "append": _ = try await fixture.store.append(LedgerBatch([]), to: name)
                case "pending": _ = try await fixture.store.pending(name)
                case "update": _ = try await fixture.store.requestUpdate(name)
                case "champion": _ = try await fixture.store.champion(name)
                default: _ = try await fixture.store.rollback(name)
                }
            }
        }
    }

    @Test(
        "what a task may not be is refused by field",
        arguments: [
            ("labels", ["a", "a"], UpdatePolicy()), ("labels", [""], UpdatePolicy()),
            ("labels", [String(repeating: "x", count: 257)], UpdatePolicy()),
            ("labels", ["new\nline"], UpdatePolicy()), ("labels", ["a\u{7F}"], UpdatePolicy()),
            ("labels", [" "], UpdatePolicy()), ("labels", ["a "], UpdatePolicy()),
            ("labels", ["\u{3000}"], UpdatePolicy()), ("labels", ["\u{A0}x"], UpdatePolicy()),
            ("update.holdout", nil, policy { $0.holdout = 0.6 }),
            ("update.holdout", nil, policy { $0.holdout = .nan }),
            ("update.min_examples", nil, policy { $0.minimumExamples = 0 }),
            ("update.min_examples_after_wait", nil, policy { $0.minimumExamplesAfterWait = 0 }),
            ("update.max_wait_seconds", nil, policy { $0.maximumWaitSeconds = -1 }),
            ("update.recipe", nil, policy { $0.recipe = "" }),
        ])
    func invalid(field: String, labels: [String]?, policy: UpdatePolicy) async throws {
        try await StoreFixture.with { fixture in
            do {
                _ = try await fixture.store.putTask(fixture.task, labels: labels, update: policy)
                Issue.record("accepted a wrong \(field)")
            } catch StoreError.invalidTask(let named, let reason) {
                #expect(named == field)
                #expect(!reason.isEmpty)
            }
        }
    }

    @Test("deleting a task removes its rows and gives back only digests that no other task refers to")
    func delete() async throws {
        try await StoreFixture.with { fixture in
            let other = try TaskName("other")
            _ = try await fixture.store.putTask(other)
            try await fixture.append(Example(text: "1", label: "a"))
            let generation = ReplayGeneration(digest: Candidate.digest("replay"), examples: 1, bytes: 10)
            let own = try await fixture.learn(replay: generation)
            let shared = try await fixture.store.importVersion(
                other, digest: Candidate.digest("shared"), metrics: .init())
            _ = try await fixture.store.importVersion(fixture.task, digest: shared.digest, metrics: .init())

            let garbage = try await fixture.store.deleteTask(fixture.task)
            #expect(garbage == Garbage(adapters: [own.digest], replayGenerations: [generation.digest]))
            #expect(try await fixture.store.tasks().map(\.name) == [other])
            let left = try await fixture.database().read { db in
                try Int.fetchOne(db, sql: "SELECT (SELECT count(*) FROM example) + (SELECT count(*) FROM label)")
            }
            #expect(left == 0)
        }
    }

    private static func policy(_ change: (inout UpdatePolicy) -> Void) -> UpdatePolicy {
        var policy = UpdatePolicy()
        change(&policy)
        return policy
    }
}
