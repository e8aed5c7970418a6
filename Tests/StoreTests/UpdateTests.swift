import GRDB
import Schema
import Store
import Testing

@Suite("Updates")
struct UpdateTests {
    @Test("one update is queued at most, and one is running")
    func oneQueued() async throws {
        try await StoreFixture.with { fixture in
            try await fixture.append(Example(text: "1", label: "x"))
            let first = try await fixture.store.requestUpdate(fixture.task, trigger: .count)
            #expect(first.status == .queued && first.trigger == .count && first.experience == 1)
            #expect(try await !fixture.store.isTraining())
            #expect(try await fixture.store.requestUpdate(fixture.task) == first)
            let work = try #require(try await fixture.store.claimNextUpdate())
            #expect(work.update.id == first.id && work.update.status == .training)
            #expect(try await fixture.store.isTraining())
            // Nothing waits, but the running one learns all there is.
            #expect(try await fixture.store.requestUpdate(fixture.task).id == first.id)

            try await fixture.append(Example(text: "2", label: "x"))
            let second = try await fixture.store.requestUpdate(fixture.task)
            #expect(second.id != first.id)
            #expect(try await fixture.store.claimNextUpdate() == nil)
            _ = try await fixture.store.promote(first.id, .fixture(work))
            #expect(try await !fixture.store.isTraining())
            let next = try #require(try await fixture.store.claimNextUpdate())
            #expect(next.update.id == second.id && next.update.experience == 2)
            #expect(next.training.map(\.text) == ["2"])
            #expect(try await fixture.store.updates(fixture.task).map(\.id) == [second.id, first.id])
        }
    }

    @Test("without a new example to train on there is nothing to ask for")
    func nothingToLearn() async throws {
        try await StoreFixture.with(holdout: 0.5) { fixture in
            let none = StoreError.nothingToLearn(fixture.task, heldOut: 0, parked: 0)
            await #expect(throws: none) { _ = try await fixture.store.requestUpdate(fixture.task) }
            try await fixture.append(Example(text: texts(1, heldOut: false, share: 0.5)[0], label: "x"))
            try await fixture.learn()
            try await fixture.append(Example(text: texts(1, heldOut: true, share: 0.5)[0], label: "x"))
            let held = StoreError.nothingToLearn(fixture.task, heldOut: 1, parked: 0)
            await #expect(throws: held) { _ = try await fixture.store.requestUpdate(fixture.task) }
            #expect(held.description.contains("1 new are held out"))
        }
    }

    @Test("a claim can be limited to the first examples to arrive")
    func limit() async throws {
        try await StoreFixture.with { fixture in
            try await fixture.append((0..<10).map { Example(text: "\($0)", label: "x") })
            _ = try await fixture.store.requestUpdate(fixture.task)
            let work = try #require(try await fixture.store.claimNextUpdate(limit: 4))
            #expect(work.training.map(\.text) == ["0", "1", "2", "3"])
            #expect(work.range == 1...4 && work.update.examples.new == 4)
            #expect(try await fixture.store.pending(fixture.task).training == 6)
        }
    }

    @Test(
        "a promotion moves the alias and its replay memory, empties the inbox and keeps hashes",
        arguments: Retention.allCases)
    func promotion(retention: Retention) async throws {
        try await StoreFixture.with(holdout: 0.3) { fixture in
            var policy = UpdatePolicy()
            policy.holdout = 0.3
            policy.retention = retention
            _ = try await fixture.store.putTask(fixture.task, update: policy)
            let examples = (texts(6, heldOut: false, share: 0.3) + texts(2, heldOut: true, share: 0.3)).map {
                Example(text: $0, label: "x", id: "id of \($0)", source: "desk", timestamp: 1)
            }
            try await fixture.append(examples)
            let work = try await fixture.claim()
            let generation = ReplayGeneration(digest: Candidate.digest("generation"), examples: 6, bytes: 99)
            let version = try await fixture.store.promote(work.update.id, .fixture(work, replay: generation))

            #expect(version.version == "v1" && version.state == .champion && version.parent == nil)
            let champion = try #require(try await fixture.store.champion(fixture.task))
            #expect(champion.version == version)
            #expect(champion.replay == ReplayState(generation: generation))
            let update = try await fixture.store.update(work.update.id)
            #expect(update.status == .promoted && update.progress == 1 && update.finishedAt != nil)
            #expect(update.adapter == AdapterReference(version: "v1", digest: version.digest))
            #expect(update.verdict?.decision == .promote && update.examples == .init(new: 6, replayed: 3))
            let counts = try await fixture.store.counts(fixture.task)
            #expect(counts.consumed == 6 && counts.heldOut == 2 && counts.total == 8)
            let texts = try await fixture.database().read {
                try Int.fetchOne($0, sql: "SELECT count(text) + count(id) + count(source) FROM example WHERE state = 2")
            }
            #expect(texts == (retention == .keep ? 18 : 0))
            #expect(try await fixture.append(examples).duplicates == 8)
        }
    }

    @Test("rejected examples wait for the next update; the third time they are parked, and a command releases them")
    func rejection() async throws {
        try await StoreFixture.with { fixture in
            try await fixture.append(Example(text: "1", label: "x"))
            for attempt in 1...3 {
                let work = try await fixture.claim()
                #expect(work.training.map(\.text) == ["1"] && work.update.experience == 1)
                let version = try await fixture.store.reject(work.update.id, .fixture(work))
                #expect(version.state == .rejected && version.version == "v\(attempt)")
                let pending = try await fixture.store.pending(fixture.task)
                #expect(pending.training == (attempt < 3 ? 1 : 0) && pending.fresh == 0)
                #expect(pending.parked == (attempt < 3 ? 0 : 1))
            }
            #expect(try await fixture.store.champion(fixture.task) == nil)
            let parked = StoreError.nothingToLearn(fixture.task, heldOut: 0, parked: 1)
            await #expect(throws: parked) { _ = try await fixture.store.requestUpdate(fixture.task) }
            #expect(try await fixture.store.releaseParked(fixture.task) == 1)
            #expect(try await fixture.store.pending(fixture.task).fresh == 1)
            try await fixture.learn()
            #expect(try await fixture.store.releaseParked(fixture.task) == 0)
        }
    }

    @Test("failed updates give their examples back three times too")
    func failure() async throws {
        try await StoreFixture.with { fixture in
            try await fixture.append(Example(text: "1", label: "x"))
            for attempt in 1...3 {
                let failed = try await fixture.store.fail(fixture.claim().update.id, error: "loss is not a number")
                #expect(failed.status == .failed && failed.error == "loss is not a number")
                #expect(try await fixture.store.pending(fixture.task).parked == (attempt < 3 ? 0 : 1))
            }
            #expect(try await fixture.store.versions(fixture.task).isEmpty)
        }
    }

    @Test("a failure that is no fault of the update counts nothing, and its examples start the next one")
    func noFault() async throws {
        try await StoreFixture.with { fixture in
            try await fixture.append(Example(text: "1", label: "x"))
            for _ in 1...4 {
                let failed = try await fixture.store.fail(fixture.claim().update.id, error: "disk full", isFault: false)
                #expect(failed.status == .failed && failed.error == "disk full")
                #expect(try await fixture.store.pending(fixture.task).fresh == 1)
            }
        }
    }

    @Test("an update that its trainer gives back has the same inputs, and the attempt does not count")
    func requeued() async throws {
        try await StoreFixture.with { fixture in
            try await fixture.append(Example(text: "1", label: "x"))
            #expect(try await fixture.store.requeueUpdates().isEmpty)
            _ = try await fixture.store.requestUpdate(fixture.task)
            for _ in 1...4 {
                let work = try #require(try await fixture.store.claimNextUpdate())
                #expect(work.attempt == 1 && work.training.map(\.text) == ["1"])
                try await fixture.store.advance(work.update.id, to: .evaluating, progress: 0.5)
                let requeued = try await fixture.store.requeueUpdates()
                #expect(requeued.map(\.status) == [.queued] && requeued.map(\.progress) == [0])
            }
            // An end without a chance counts as before.
            for attempt in 1...3 {
                #expect(try await fixture.store.claimNextUpdate()?.attempt == attempt)
                #expect(try await fixture.store.recoverUpdates().map(\.status) == [attempt < 3 ? .queued : .failed])
            }
        }
    }

    @Test("a recovered update has the same inputs, whatever was relabelled or promoted meanwhile")
    func recovery() async throws {
        try await StoreFixture.with(holdout: 0.3) { fixture in
            let trained = texts(6, heldOut: false, share: 0.3)
            let later = texts(1, heldOut: false, share: 0.3, prefix: "later")
            let held = texts(3, heldOut: true, share: 0.3)
            try await fixture.append((trained.prefix(3) + held.prefix(1)).map { Example(text: $0, label: "a") })
            try await fixture.learn(replay: ReplayGeneration(digest: Candidate.digest("g1"), examples: 3, bytes: 1))
            try await fixture.append(Example(text: trained[0], label: "b"))
            try await fixture.append((trained[3...] + held[1...]).map { Example(text: $0, label: "a") })
            let first = try await fixture.claim()
            #expect(first.replay.removals == [ContentHash(trained[0])])

            try await fixture.append(
                Example(text: trained[1], label: "c"), Example(text: trained[4], label: "c"),
                Example(text: held[1], label: "c"), Example(text: later[0], label: "c"))
            let recovered = try await fixture.store.recoverUpdates()
            #expect(recovered.map(\.status) == [.queued])
            let second = try #require(try await fixture.store.claimNextUpdate())
            #expect(second.attempt == 2 && second.update.id == first.update.id)
            #expect(second.training == first.training && second.heldOut == first.heldOut)
            #expect(second.parent == first.parent && second.replay == first.replay && second.range == first.range)

            // What was relabelled while it ran must leave the memory it writes.
            let generation = ReplayGeneration(digest: Candidate.digest("g2"), examples: 6, bytes: 1)
            _ = try await fixture.store.promote(second.update.id, .fixture(second, replay: generation))
            let state = try #require(try await fixture.store.champion(fixture.task)).replay
            #expect(state.generation == generation)
            #expect(state.removals == [ContentHash(trained[1]), ContentHash(trained[4])])
            let next = try await fixture.claim()
            #expect(Set(next.training.map(\.label)) == ["c"])
            #expect(next.heldOut.map(\.text) == [held[1]])
        }
    }

    @Test("an update that ends its trainer three times fails, and its examples wait")
    func crashLoop() async throws {
        try await StoreFixture.with { fixture in
            try await fixture.append(Example(text: "1", label: "x"))
            _ = try await fixture.store.requestUpdate(fixture.task)
            for attempt in 1...3 {
                let work = try #require(try await fixture.store.claimNextUpdate())
                #expect(work.attempt == attempt)
                let recovered = try await fixture.store.recoverUpdates()
                #expect(recovered.map(\.status) == [attempt < 3 ? .queued : .failed])
            }
            #expect(try await fixture.store.claimNextUpdate() == nil)
            #expect(try await fixture.store.pending(fixture.task).training == 1)
        }
    }

    @Test("a recovered update comes before one queued after it")
    func recoveredFirst() async throws {
        try await StoreFixture.with { fixture in
            try await fixture.append(Example(text: "1", label: "x"))
            let first = try await fixture.claim()
            try await fixture.append(Example(text: "2", label: "x"))
            let second = try await fixture.store.requestUpdate(fixture.task)
            _ = try await fixture.store.recoverUpdates()
            #expect(try await fixture.store.requestUpdate(fixture.task).id == second.id)
            #expect(try await fixture.store.claimNextUpdate()?.update.id == first.update.id)
        }
    }

    @Test("cancelling gives the examples back uncounted, and the worker learns of it at its next step")
    func cancellation() async throws {
        try await StoreFixture.with { fixture in
            try await fixture.append(Example(text: "1", label: "x"))
            let id = try await fixture.claim().update.id
            try await fixture.store.advance(id, to: .evaluating, progress: 0.5, replayed: 2)
            #expect(try await fixture.store.update(id).progress == 0.5)
            #expect(try await fixture.store.update(id).examples.replayed == 2)
            #expect(try await fixture.store.cancel(id).status == .cancelled)
            // They wait, and start no update by themselves until more come.
            #expect(try await fixture.store.pending(fixture.task).training == 1)
            #expect(try await fixture.store.pending(fixture.task).fresh == 0)
            let cancelled = StoreError.updateNotRunning(id, status: .cancelled)
            await #expect(throws: cancelled) {
                try await fixture.store.advance(id, to: .training, progress: 0.6)
            }
            await #expect(throws: cancelled) { _ = try await fixture.store.fail(id, error: "late") }
            await #expect(throws: StoreError.updateAlreadyFinished(id, status: .cancelled)) {
                _ = try await fixture.store.cancel(id)
            }
            await #expect(throws: StoreError.unknownUpdate("upd_0")) { _ = try await fixture.store.update("upd_0") }
            try await fixture.append(Example(text: "2", label: "x"))
            #expect(try await fixture.store.pending(fixture.task).fresh == 2)
        }
    }

    @Test("a queued update whose examples were all replaced by held-out ones ends as cancelled")
    func emptyClaim() async throws {
        try await StoreFixture.with(holdout: 0.5) { fixture in
            let trained = texts(2, heldOut: false, share: 0.5)
            try await fixture.append(Example(text: trained[0], label: "x"))
            try await fixture.learn()
            try await fixture.append(Example(text: trained[1], label: "x", id: "1"))
            let id = try await fixture.store.requestUpdate(fixture.task).id
            try await fixture.append(Example(text: texts(1, heldOut: true, share: 0.5)[0], label: "x", id: "1"))
            #expect(try await fixture.store.claimNextUpdate() == nil)
            #expect(try await fixture.store.update(id).status == .cancelled)
            #expect(try await fixture.store.pending(fixture.task).heldOut == 1)
        }
    }

    @Test("a candidate whose parent was replaced by hand is not promoted; restarted, it starts from the new one")
    func parentReplaced() async throws {
        try await StoreFixture.with { fixture in
            for text in ["1", "2"] {
                try await fixture.append(Example(text: text, label: "x"))
                try await fixture.learn()
            }
            try await fixture.append(Example(text: "3", label: "x"))
            let work = try await fixture.claim()
            #expect(work.parent?.version == "v2")
            _ = try await fixture.store.rollback(fixture.task)
            let replaced = StoreError.parentReplaced(work.update.id, expected: "v2", found: "v1")
            await #expect(throws: replaced) {
                _ = try await fixture.store.promote(work.update.id, .fixture(work))
            }
            #expect(try await fixture.store.restart(work.update.id).status == .queued)
            let again = try #require(try await fixture.store.claimNextUpdate())
            #expect(again.parent?.version == "v1" && again.training == work.training)
            let version = try await fixture.store.promote(again.update.id, .fixture(again))
            #expect(version.version == "v3" && version.parent == "v1")
        }
    }

    @Test("evaluations that cannot be are refused", arguments: [[(1, 2, 1)], [(1, -1, 1)], [(1, 1, 1), (1, 1, 1)]])
    func invalidEvaluation(values: [(Int, Int, Int)]) async throws {
        try await StoreFixture.with { fixture in
            try await fixture.append(Example(text: "1", label: "x"))
            let work = try await fixture.claim()
            var promotion = Promotion.fixture(work)
            promotion.candidate.evaluations = values.map {
                SliceEvaluation(experience: $0.0, correct: $0.1, total: $0.2)
            }
            await #expect(throws: StoreError.self) { _ = try await fixture.store.promote(work.update.id, promotion) }
            #expect(try await fixture.store.update(work.update.id).status == .training)
        }
    }
}
