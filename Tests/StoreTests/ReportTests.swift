import GRDB
import Schema
import Store
import Testing

@Suite("Reports from the store")
struct ReportTests {
    /// Learns `experiences` times two labels, half of it held out; version n answers all but the first n − 1 right.
    private func learned(_ experiences: Int, _ body: (StoreFixture) async throws -> Void) async throws {
        try await StoreFixture.with(holdout: 0.5, labels: ["a", "b"]) { fixture in
            var seen: [LedgerExample] = []
            for experience in 1...experiences {
                let held = texts(4, heldOut: true, share: 0.5, prefix: "\(experience)")
                let trained = texts(2, heldOut: false, share: 0.5, prefix: "\(experience)")
                try await fixture.append((trained + held).map { Example(text: $0, label: "a") })
                let work = try await fixture.claim()
                seen += work.heldOut
                var promotion = Promotion.fixture(
                    work, replay: ReplayGeneration(digest: "sha256:\(experience)", examples: 2, bytes: 50))
                promotion.candidate.answers = seen.enumerated().map { index, example in
                    HeldOutAnswer(example: example.sequence, label: index < experience - 1 ? "b" : "a", score: 0.75)
                }
                promotion.replayDetail = ReplayDetail(
                    composition: ReplayComposition(
                        items: [.init(label: "a", textBytes: 100, experience: experience, rehearsals: experience)],
                        offered: 3, storedBytes: 50), rehearsals: [7: experience])
                _ = try await fixture.store.promote(work.update.id, promotion)
            }
            try await body(fixture)
        }
    }

    @Test("what the champion answered, its memory and what moved the alias")
    func report() async throws {
        try await learned(3) { fixture in
            _ = try await fixture.store.rollback(fixture.task)
            _ = try await fixture.store.promote(fixture.task, .version("v3"))
            let report = try await fixture.store.report(fixture.task)
            #expect(report.evaluation?.version == "v3")
            #expect(report.evaluation?.examples == 12 && report.evaluation?.correct == 10)
            #expect(report.evaluation?.confusions == [.init(expected: "a", predicted: "b", count: 2)])
            #expect(report.replay?.compression == 2)
            #expect(report.timeline.map(\.version) == ["v1", "v2", "v3", "v2", "v3"])
            #expect(report.timeline.map(\.cause) == [.update, .update, .update, .rollback, .promote])
            #expect(report.waiting == 0)
            #expect(try await fixture.store.rehearsals(fixture.task, generation: "sha256:2") == [7: 2])
            #expect(try await fixture.store.rehearsals(fixture.task, generation: nil).isEmpty)
        }
    }

    @Test("two versions are compared on what both have answered")
    func comparison() async throws {
        try await learned(3) { fixture in
            let comparison = try await fixture.store.comparison(fixture.task, from: .version("v1"), to: .champion)
            #expect(comparison.examples == 4)
            #expect((comparison.correctFrom, comparison.correctTo) == (4, 2))
            #expect(comparison.changed.allSatisfy { $0.from == "a" && $0.to == "b" && !$0.text.isEmpty })
            await #expect(throws: StoreError.unknownVersion(fixture.task, selector: "v9")) {
                try await fixture.store.comparison(fixture.task, from: .version("v9"), to: .champion)
            }
        }
    }

    @Test("answers and memory details go with their version and their task")
    func garbage() async throws {
        try await learned(3) { fixture in
            _ = try await fixture.store.collectGarbage(fixture.task, keeping: 1)
            let database = try fixture.database()
            let versions = try await database.read { try Int.fetchAll($0, sql: "SELECT DISTINCT version FROM answer") }
            #expect(versions == [3])
            #expect(try await database.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM replay_detail") } == 1)
            _ = try await fixture.store.deleteTask(fixture.task)
            #expect(try await database.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM answer") } == 0)
            #expect(try await database.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM replay_detail") } == 0)
        }
    }

    @Test("curves are kept for the newest updates only")
    func curves() async throws {
        try await StoreFixture.with { fixture in
            var first: String?
            for number in 1...52 {
                try await fixture.append(Example(text: "text \(number)", label: "a"))
                let work = try await fixture.claim()
                first = first ?? work.update.id
                var curve = TrainingCurve()
                curve.observe(step: 1, loss: Double(number))
                try await fixture.store.advance(work.update.id, to: .training, progress: 0.5, curve: curve)
                _ = try await fixture.store.promote(work.update.id, .fixture(work))
            }
            #expect(try await fixture.store.report(fixture.task).curve?.points.map(\.loss) == [52])
            #expect(try await fixture.store.trainingCurve(try #require(first)) == nil)
            let count = try await fixture.database().read {
                try Int.fetchOne($0, sql: "SELECT count(*) FROM training_curve")
            }
            #expect(count == 50)
            try await fixture.append(Example(text: "one more", label: "a"))
            let next = try await fixture.claim()
            #expect(try await fixture.store.report(fixture.task).curve == nil)
            var curve = TrainingCurve()
            curve.observe(step: 1, loss: 7)
            try await fixture.store.advance(next.update.id, to: .training, progress: 0.1, curve: curve)
            #expect(try await fixture.store.report(fixture.task).curve?.points.map(\.loss) == [7])
        }
    }

    @Test("all tasks at a glance")
    func summaries() async throws {
        try await learned(2) { fixture in
            try await fixture.append(Example(text: "waits", label: "a"), Example(text: "waits too", label: "c"))
            let idle = try TaskName("idle")
            _ = try await fixture.store.putTask(idle)
            let summaries = try await fixture.store.summaries()
            #expect(summaries.map(\.name) == ["idle", "support"])
            #expect(summaries[0] == TaskSummary(name: "idle"))
            let pending = try await fixture.store.pending(fixture.task)
            #expect(summaries[1].champion == "v2")
            #expect(summaries[1].labels == 3)
            #expect(summaries[1].waiting == pending.training)
            #expect(summaries[1].replayBytes == 50)
            #expect(summaries[1].accuracy == [1, 1])
            #expect(summaries[1].update?.status == .promoted)
            #expect(try await fixture.store.finishedUpdates(since: Timestamp(seconds: 0)) == 2)
            #expect(try await fixture.store.finishedUpdates(since: Timestamp(seconds: 1e11)) == 0)
        }
    }
}
