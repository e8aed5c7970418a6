import Foundation
import Schema
import Store
import Testing

/// What the analytic head takes from the ledger, and what it must give back.
struct OpenExampleTests {
    private func labels(_ fixture: StoreFixture) async throws -> [String] {
        try await fixture.store.openExamples(fixture.task).map { "\($0.text): \($0.label)" }
    }

    private func generation(_ experiences: [[Int]]) -> AnalyticGeneration {
        AnalyticGeneration(
            digest: "sha256:" + String(repeating: "a", count: 64), examples: 1, bytes: 2,
            fit: AnalyticFit(.ridge, strength: 10),
            blend: Blend(adapter: 1, analytic: 5), experiences: experiences)
    }

    @Test func `waiting and claimed training examples are open, held-out and learned ones are not`() async throws {
        try await StoreFixture.with(holdout: 0.3) { fixture in
            let training = texts(3, heldOut: false, share: 0.3)
            let heldOut = texts(1, heldOut: true, share: 0.3)
            try await fixture.append((training[..<2] + heldOut).map { Example(text: $0, label: "a") })
            let wanted = training[..<2].map { "\($0): a" }
            #expect(try await labels(fixture) == wanted)
            let work = try await fixture.claim()
            #expect(try await labels(fixture) == wanted)
            try await fixture.append(Example(text: training[2], label: "b"))
            _ = try await fixture.store.promote(work.update.id, .fixture(work))
            #expect(try await labels(fixture) == ["\(training[2]): b"])
            let tail = try await fixture.store.openExamples(after: 0, limit: 10)
            #expect(tail.map(\.example.text) == [training[2]])
            #expect(try await fixture.store.openExamples(after: tail[0].example.sequence, limit: 10).isEmpty)
            #expect(try await fixture.store.lastSequence() == tail[0].example.sequence)
        }
    }

    @Test func `what is relabelled or held out later is withdrawn`() async throws {
        try await StoreFixture.with(holdout: 0.01) { fixture in
            // Four examples of a label make one of them held out.
            let training = texts(4, heldOut: false, share: 0.01)
            try await fixture.append(training[..<3].map { Example(text: $0, label: "a") })
            #expect(try await fixture.store.withdrawn(fixture.task, from: 1).isEmpty)
            try await fixture.append(Example(text: training[3], label: "a"))
            #expect(try await fixture.store.withdrawn(fixture.task, from: 1).count == 1)
            let open = try await fixture.store.openExamples(fixture.task)
            #expect(open.count == 3)
            try await fixture.append(Example(text: open[0].text, label: "b"))
            #expect(Set(try await fixture.store.withdrawn(fixture.task, from: 1)).contains(open[0].sequence))
        }
    }

    @Test func `a text that was learned under another label says so, whichever update learned it`() async throws {
        try await StoreFixture.with { fixture in
            try await fixture.append(Example(text: "one", label: "a"), Example(text: "two", label: "a"))
            let work = try await fixture.claim()
            // Relabelled while the update runs: it learns the old label all the same.
            try await fixture.append(Example(text: "two", label: "b"))
            #expect(try await fixture.store.openExamples(fixture.task).last?.replaced == nil)
            _ = try await fixture.store.promote(work.update.id, .fixture(work))
            try await fixture.append(Example(text: "one", label: "c"))
            let expected = ["a", "a"].map { LedgerExample.Replaced(label: $0, experience: 1) }
            #expect(try await fixture.store.openExamples(fixture.task).map(\.replaced) == expected)
            let next = try await fixture.claim()
            #expect(next.training.map(\.replaced) == expected)
            _ = try await fixture.store.promote(next.update.id, .fixture(next))
            try await fixture.append(Example(text: "one", label: "d"))
            let last = try await fixture.store.openExamples(fixture.task)
            #expect(last.map(\.replaced) == [LedgerExample.Replaced(label: "c", experience: 2)])
        }
    }

    @Test func `an analytic head comes and goes with its version`() async throws {
        try await StoreFixture.with { fixture in
            try await fixture.append(Example(text: "one", label: "a"))
            let work = try await fixture.claim()
            #expect(work.analytic == nil)
            var promotion = Promotion.fixture(work)
            promotion.analytic = generation([[1, 1]])
            _ = try await fixture.store.promote(work.update.id, promotion)
            #expect(try await fixture.store.served().first?.analytic == promotion.analytic)
            #expect(try await fixture.store.analytic(fixture.task, version: "v1") == promotion.analytic)
            try await fixture.append(Example(text: "two", label: "a"))
            let next = try await fixture.claim()
            #expect(next.analytic == promotion.analytic)
            _ = try await fixture.store.promote(next.update.id, .fixture(next))
            #expect(try await fixture.store.served().first?.analytic == nil)
            _ = try await fixture.store.rollback(fixture.task)
            #expect(try await fixture.store.served().first?.analytic == promotion.analytic)
            let garbage = try await fixture.store.deleteTask(fixture.task)
            #expect(garbage.analyticGenerations == [generation([]).digest])
        }
    }

    @Test func `runs of experiences join, and a rollback leaves a gap`() {
        #expect(AnalyticGeneration.experiences(nil, adding: 1) == [[1, 1]])
        #expect(AnalyticGeneration.experiences([[1, 2]], adding: 3) == [[1, 3]])
        #expect(AnalyticGeneration.experiences([[1, 2]], adding: 5) == [[1, 2], [5, 5]])
        #expect(generation([[1, 2], [5, 5]]).contains(experience: 5))
        #expect(!generation([[1, 2], [5, 5]]).contains(experience: 4))
    }
}
