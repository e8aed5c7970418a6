import GRDB
import Schema
import Store
import Testing

/// Random sequences of everything that moves examples, against the model and against the promises of the ledger.
@Suite("Ledger properties")
struct LedgerPropertyTests {
    @Test("the ledger agrees with its model after any sequence of operations", arguments: 0..<25)
    func model(seed: Int) async throws {
        try await StoreFixture.with { fixture in
            var random = SeededGenerator(state: UInt64(seed))
            var model = LedgerModel()
            var running: UpdateWork?
            for _ in 0..<40 {
                switch (Int.random(in: 0..<10, using: &random), running) {
                case (0..<5, _):
                    let examples = (0..<Int.random(in: 1...6, using: &random)).map { _ in Self.example(&random) }
                    let report = try await fixture.append(examples)
                    let accepted = examples.count { model.append($0) }
                    #expect(report.accepted == accepted && report.duplicates == examples.count - accepted)
                case (5, _):
                    let parked = model.count(.parked)
                    #expect(try await fixture.store.releaseParked(fixture.task) == parked)
                    model.release()
                case (6, let work?):
                    _ = try await fixture.store.recoverUpdates()
                    let again = try await fixture.store.claimNextUpdate()
                    if let again {
                        #expect(again.training == work.training)
                        running = again
                    } else {
                        model.giveBack(\.failures)
                        running = nil
                    }
                case (_, let work?):
                    running = nil
                    try await Self.end(work, fixture, &model, &random)
                case (_, nil):
                    guard !model.pending.isEmpty else { continue }
                    let work = try await fixture.claim()
                    model.claimAll()
                    #expect(work.training.map(\.text) == model.claim?.map(\.text))
                    #expect(work.training.map(\.label) == model.claim?.map(\.label))
                    running = work
                }
                try await Self.compare(fixture, model)
            }
        }
    }

    @Test("with held-out examples: each is in one place, none changes from held out to trained", arguments: 100..<125)
    func sides(seed: Int) async throws {
        try await StoreFixture.with(holdout: 0.3, limits: HeldOutLimits(examples: 5)) { fixture in
            var random = SeededGenerator(state: UInt64(seed))
            var trained = Set<String>()
            var judged = Set<String>()
            var accepted = 0
            for _ in 0..<30 {
                let examples = (0..<6).map { _ in Self.example(&random) }
                accepted += try await fixture.append(examples).accepted
                guard try await fixture.store.pending(fixture.task).training > 0 else { continue }
                let work = try await fixture.claim()
                let isPromoted = Bool.random(using: &random)
                // An adapter that was thrown away leaves no trace, so only what a champion learned counts.
                if isPromoted { trained.formUnion(work.training.map(\.text)) }
                judged.formUnion(work.heldOut.map(\.text))
                judged.formUnion(try await fixture.store.slices(fixture.task).flatMap(\.examples).map(\.text))
                #expect(trained.isDisjoint(with: judged))
                if isPromoted {
                    try await fixture.promote(work)
                } else {
                    _ = try await fixture.store.reject(work.update.id, .fixture(work))
                    _ = try await fixture.store.releaseParked(fixture.task)
                }
                let counts = try await fixture.store.counts(fixture.task)
                #expect(counts.total == accepted && counts.heldOut <= 5)
                try await Self.checkRows(fixture, counts)
            }
        }
    }

    /// Few texts, labels and ids, so that they meet often.
    private static func example(_ random: inout SeededGenerator) -> Example {
        let id = Bool.random(using: &random) ? "id \(Int.random(in: 0..<12, using: &random))" : nil
        return Example(
            text: "text \(Int.random(in: 0..<24, using: &random))",
            label: "label \(Int.random(in: 0..<3, using: &random))",
            id: id)
    }

    private static func end(
        _ work: UpdateWork, _ fixture: StoreFixture, _ model: inout LedgerModel, _ random: inout SeededGenerator
    ) async throws {
        switch Int.random(in: 0..<4, using: &random) {
        case 0:
            let generation = ReplayGeneration(digest: Candidate.digest(work.update.id), examples: 1, bytes: 1)
            _ = try await fixture.store.promote(work.update.id, .fixture(work, replay: generation))
            model.promote()
        case 1:
            _ = try await fixture.store.reject(work.update.id, .fixture(work))
            model.giveBack(\.rejections)
        case 2:
            _ = try await fixture.store.fail(work.update.id, error: "for the test")
            model.giveBack(\.failures)
        default:
            _ = try await fixture.store.cancel(work.update.id)
            model.giveBack(nil)
        }
    }

    private static func compare(_ fixture: StoreFixture, _ model: LedgerModel) async throws {
        let counts = try await fixture.store.counts(fixture.task)
        #expect(counts.pending == model.count(.pending))
        #expect(counts.claimed == model.count(.claimed))
        #expect(counts.consumed == model.count(.consumed))
        #expect(counts.parked == model.count(.parked))
        #expect(counts.superseded == model.superseded)
        #expect(counts.total == model.accepted)
        let pending = try await fixture.store.pending(fixture.task)
        #expect(pending.training == model.count(.pending) && pending.parked == model.count(.parked))
        #expect(pending.fresh == model.fresh)
        if let champion = try await fixture.store.champion(fixture.task) {
            #expect(champion.replay.removals.isSubset(of: model.removals.map { ContentHash($0) }))
        }
        try await checkRows(fixture, counts)
    }

    /// The derived counts equal a plain count of the rows, and text is there exactly where it is still needed.
    private static func checkRows(_ fixture: StoreFixture, _ counts: LedgerCounts) async throws {
        try await fixture.database().read { db in
            let rows = try Row.fetchAll(db, sql: "SELECT state, count(*) AS count FROM example GROUP BY state")
            let byState = Dictionary(uniqueKeysWithValues: rows.map { ($0["state"] as Int, $0["count"] as Int) })
            let expected = [
                counts.pending, counts.claimed, counts.consumed, counts.parked, counts.superseded, counts.heldOut,
            ]
            #expect((0..<6).map { byState[$0, default: 0] } == expected)
            let wrongText = """
                SELECT count(*) FROM example WHERE (text IS NULL) <> (state = 2 OR state = 4 AND update_number IS NULL)
                """
            #expect(try Int.fetchOne(db, sql: wrongText) == 0)
            let wrongLabels = """
                SELECT count(*) FROM label WHERE examples <> (
                    SELECT count(*) FROM example WHERE label = label.id AND state <> 4)
                    OR held_out <> (
                    SELECT count(*) FROM example WHERE label = label.id AND state <> 4 AND held_out = 1)
                """
            #expect(try Int.fetchOne(db, sql: wrongLabels) == 0)
        }
    }
}
