import Schema
import Store
import Testing

@Suite("Quarantine")
struct QuarantineTests {
    private let suspicion = Suspicion(loss: 7, disagreement: 0.9, suggested: "b", pValue: 0.004)

    private func doubted(_ work: UpdateWork, _ texts: String...) -> [Int64: Suspicion] {
        let rows = (work.training + work.heldOut).filter { texts.contains($0.text) }
        return Dictionary(rows.map { ($0.sequence, suspicion) }, uniquingKeysWith: { first, _ in first })
    }

    private func letters(_ texts: String...) -> [Example] { texts.map { Example(text: $0, label: "a") } }

    @Test("what is doubted leaves the update, is listed, and is neither learned nor lost")
    func setAside() async throws {
        try await StoreFixture.with { fixture in
            try await fixture.append([Example(text: "bad", label: "a", id: "7", source: "crowd")] + letters("1", "2"))
            let work = try await fixture.claim()
            let update = try await fixture.store.setAside(doubted(work, "bad"), from: work.update.id)
            #expect(update.examples == Update.Examples(new: 2, quarantined: 1) && update.status == .training)
            try await fixture.promote(work)
            let counts = try await fixture.store.counts(fixture.task)
            #expect(counts.quarantined == 1 && counts.consumed == 2 && counts.total == 3)
            #expect(try await fixture.store.pending(fixture.task) == PendingExamples(quarantined: 1))
            let listed = try #require(try await fixture.store.quarantine(fixture.task).first)
            #expect(listed.text == "bad" && listed.label == "a" && listed.id == "7" && listed.source == "crowd")
            #expect(listed.suspicion == suspicion && listed.update == work.update.id)
            #expect(try await fixture.store.updates(fixture.task).first?.examples.quarantined == 1)
            #expect(try await fixture.append(letters("bad")).duplicates == 1)
        }
    }

    @Test("a restarted update has the same examples, all found good")
    func restart() async throws {
        try await StoreFixture.with { fixture in
            try await fixture.append(letters("bad", "1", "2"))
            let work = try await fixture.claim()
            #expect(work.training.allSatisfy { !$0.isVetted })
            _ = try await fixture.store.setAside(doubted(work, "bad"), from: work.update.id)
            _ = try await fixture.store.recoverUpdates()
            let again = try #require(try await fixture.store.claimNextUpdate())
            #expect(again.training.map(\.text) == ["1", "2"])
            #expect(again.training.map(\.isVetted) == [true, true])
            #expect(again.update.examples.quarantined == 1)
        }
    }

    @Test("a released example joins the next update and is not doubted again")
    func release() async throws {
        try await StoreFixture.with { fixture in
            try await fixture.append(letters("bad", "1"))
            let work = try await fixture.claim()
            _ = try await fixture.store.setAside(doubted(work, "bad"), from: work.update.id)
            try await fixture.promote(work)
            #expect(try await fixture.store.releaseQuarantined(fixture.task, .all) == 1)
            #expect(try await fixture.store.quarantine(fixture.task).isEmpty)
            let next = try await fixture.claim()
            #expect(next.training.map(\.text) == ["bad"])
            #expect(next.training.map(\.isVetted) == [true])
            #expect(
                try await fixture.store.quarantineCounts() == [fixture.task: QuarantineCounts(setAside: 1, released: 1)])
        }
    }

    @Test("a dropped example leaves its hash: with the same label it is a duplicate, with another it is new")
    func drop() async throws {
        try await StoreFixture.with { fixture in
            try await fixture.append(letters("bad", "worse", "1"))
            let work = try await fixture.claim()
            let doubted = doubted(work, "bad", "worse")
            _ = try await fixture.store.setAside(doubted, from: work.update.id)
            try await fixture.promote(work)
            let sequence = try #require(try await fixture.store.quarantine(fixture.task).last?.sequence)
            #expect(try await fixture.store.dropQuarantined(fixture.task, .examples([sequence])) == 1)
            #expect(try await fixture.store.quarantine(fixture.task).map(\.text) == ["worse"])
            let counts = try await fixture.store.counts(fixture.task)
            #expect(counts.dropped == 1 && counts.quarantined == 1 && counts.total == 3)
            #expect(try await fixture.append(letters("bad")).duplicates == 1)
            #expect(try await fixture.append(Example(text: "bad", label: "b")).accepted == 1)
            #expect(try await fixture.claim().training.map(\.label) == ["b"])
        }
    }

    @Test("an example that is sent again with another label leaves quarantine")
    func relabelled() async throws {
        try await StoreFixture.with { fixture in
            try await fixture.append(letters("bad", "1"))
            let work = try await fixture.claim()
            _ = try await fixture.store.setAside(doubted(work, "bad"), from: work.update.id)
            try await fixture.promote(work)
            #expect(try await fixture.append(Example(text: "bad", label: "b")).accepted == 1)
            #expect(try await fixture.store.quarantine(fixture.task).isEmpty)
            #expect(try await fixture.store.counts(fixture.task).superseded == 1)
            #expect(try await fixture.claim().training.map(\.text) == ["bad"])
        }
    }

    @Test("with nothing left to train on the update ends, and its held-out examples wait")
    func nothingLeft() async throws {
        try await StoreFixture.with(holdout: 0.5) { fixture in
            let held = texts(2, heldOut: true, share: 0.5)
            let trained = texts(1, heldOut: false, share: 0.5)
            try await fixture.append((held + trained).map { Example(text: $0, label: "a") })
            let work = try await fixture.claim()
            let update = try await fixture.store.setAside(doubted(work, trained[0], held[0]), from: work.update.id)
            #expect(update.status == .cancelled && update.error?.contains("set aside") == true)
            #expect(update.examples.quarantined == 2)
            #expect(try await fixture.store.pending(fixture.task) == PendingExamples(heldOut: 1, quarantined: 2))
        }
    }

    @Test("names an example that is not set aside, and changes nothing")
    func unknown() async throws {
        try await StoreFixture.with { fixture in
            try await fixture.append(letters("bad", "1"))
            let work = try await fixture.claim()
            _ = try await fixture.store.setAside(doubted(work, "bad"), from: work.update.id)
            let good = try #require(work.training.last?.sequence)
            let bad = try #require(work.training.first?.sequence)
            let error = StoreError.notQuarantined(fixture.task, sequence: good)
            await #expect(throws: error) {
                _ = try await fixture.store.releaseQuarantined(fixture.task, .examples([bad, good]))
            }
            await #expect(throws: error) {
                _ = try await fixture.store.dropQuarantined(fixture.task, .examples([good]))
            }
            #expect(try await fixture.store.quarantine(fixture.task).count == 1)
            _ = try await fixture.store.deleteTask(fixture.task)
            #expect(try await fixture.store.quarantineCounts().isEmpty)
        }
    }
}
