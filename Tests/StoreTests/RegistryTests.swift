import Schema
import Store
import Testing

@Suite("Registry")
struct RegistryTests {
    /// Learns `count` examples one by one; each version comes with a replay memory `g1`, `g2`, ….
    private func learn(_ count: Int, _ fixture: StoreFixture) async throws {
        for number in 1...count {
            try await fixture.append(Example(text: "text \(number)", label: "x"))
            try await fixture.learn(replay: generation(number))
        }
    }

    private func generation(_ number: Int) -> ReplayGeneration {
        ReplayGeneration(digest: Candidate.digest("g\(number)"), examples: number, bytes: number * 100)
    }

    @Test("rolling back goes to the version that served before, with its replay memory, and again further back")
    func rollback() async throws {
        try await StoreFixture.with { fixture in
            try await learn(3, fixture)
            for number in [2, 1] {
                #expect(try await fixture.store.rollback(fixture.task).version == "v\(number)")
                let champion = try #require(try await fixture.store.champion(fixture.task))
                #expect(champion.version.version == "v\(number)")
                #expect(champion.replay.generation == generation(number))
            }
            await #expect(throws: StoreError.noPreviousVersion(fixture.task)) {
                _ = try await fixture.store.rollback(fixture.task)
            }
            let states = try await fixture.store.versions(fixture.task).map(\.state)
            #expect(states == [.champion, .retired, .retired])
        }
    }

    @Test("what is learned after a rollback follows the version rolled back to")
    func rollbackThenLearn() async throws {
        try await StoreFixture.with { fixture in
            try await learn(3, fixture)
            _ = try await fixture.store.rollback(fixture.task)
            try await fixture.append(Example(text: "new", label: "x"))
            let version = try await fixture.learn()
            #expect(version.version == "v4" && version.parent == "v2")
            #expect(try await fixture.store.rollback(fixture.task).version == "v2")
        }
    }

    @Test("a version promoted by hand serves, and a rollback undoes it")
    func promoteByHand() async throws {
        try await StoreFixture.with { fixture in
            try await learn(3, fixture)
            let promoted = try await fixture.store.promote(fixture.task, .version("v1"))
            #expect(promoted.state == .champion)
            // Once more changes nothing, also not what a rollback goes to.
            _ = try await fixture.store.promote(fixture.task, .champion)
            #expect(try await fixture.store.champion(fixture.task)?.replay.generation == generation(1))
            #expect(try await fixture.store.rollback(fixture.task).version == "v3")
        }
    }

    @Test("a rejected version is promoted only by force")
    func promoteRejected() async throws {
        try await StoreFixture.with { fixture in
            try await learn(1, fixture)
            try await fixture.append(Example(text: "bad", label: "x"))
            let work = try await fixture.claim()
            let rejected = try await fixture.store.reject(work.update.id, .fixture(work))
            await #expect(throws: StoreError.versionRejected(fixture.task, version: "v2")) {
                _ = try await fixture.store.promote(fixture.task, .digest(rejected.digest))
            }
            #expect(try await fixture.store.promote(fixture.task, .version("v2"), force: true).state == .champion)
            // It was trained on top of v1's memory, and its own examples wait again.
            #expect(try await fixture.store.champion(fixture.task)?.replay.generation == generation(1))
        }
    }

    @Test("a digest that two versions have means the one that was not rejected, the newest of several")
    func twins() async throws {
        try await StoreFixture.with { fixture in
            try await learn(1, fixture)
            let twin = try await fixture.store.champion(fixture.task)?.version.digest ?? ""
            try await fixture.append(Example(text: "bad", label: "x"))
            let work = try await fixture.claim()
            var candidate = Candidate.fixture(work)
            candidate.digest = twin
            #expect(try await fixture.store.reject(work.update.id, candidate).version == "v2")
            try await fixture.append(Example(text: "good", label: "x"))
            try await fixture.learn()
            #expect(try await fixture.store.version(fixture.task, .digest(twin)).version == "v1")
            _ = try await fixture.store.importVersion(fixture.task, digest: twin, metrics: AdapterVersion.Metrics())
            #expect(try await fixture.store.version(fixture.task, .digest(twin)).version == "v4")
        }
    }

    @Test("versions are found by name, digest and alias; others are named as unknown")
    func selectors() async throws {
        try await StoreFixture.with { fixture in
            await #expect(throws: StoreError.noChampion(fixture.task)) {
                _ = try await fixture.store.version(fixture.task, .champion)
            }
            try await learn(2, fixture)
            let versions = try await fixture.store.versions(fixture.task)
            #expect(versions.map(\.version) == ["v1", "v2"])
            #expect(try await fixture.store.version(fixture.task, .champion) == versions[1])
            #expect(try await fixture.store.version(fixture.task, .version("v1")) == versions[0])
            #expect(try await fixture.store.version(fixture.task, .digest(versions[0].digest)) == versions[0])
            await #expect(throws: StoreError.unknownVersion(fixture.task, selector: "v9")) {
                _ = try await fixture.store.version(fixture.task, .version("v9"))
            }
            let served = try await fixture.store.served()
            #expect(served.map(\.champion) == [versions[1]])
        }
    }

    @Test("an imported version waits until it is promoted")
    func importVersion() async throws {
        try await StoreFixture.with { fixture in
            try await learn(1, fixture)
            let version = try await fixture.store.importVersion(
                fixture.task, digest: Candidate.digest("import"), metrics: .init(accuracy: 0.5, examples: 2))
            #expect(version.version == "v2" && version.state == .retired && version.update == nil)
            #expect(try await fixture.store.promote(fixture.task, .version("v2")).metrics.accuracy == 0.5)
            #expect(try await fixture.store.champion(fixture.task)?.replay.generation == generation(1))
        }
    }

    @Test("old versions go, but never the champion nor the parent of an update that has not ended")
    func garbage() async throws {
        try await StoreFixture.with { fixture in
            try await learn(6, fixture)
            let all = try await fixture.store.versions(fixture.task)
            for _ in 0..<4 { _ = try await fixture.store.rollback(fixture.task) }
            try await fixture.append(Example(text: "claims v2 as its parent", label: "x"))
            _ = try await fixture.claim()
            _ = try await fixture.store.promote(fixture.task, .version("v1"))

            let garbage = try await fixture.store.collectGarbage(fixture.task, keeping: 2)
            #expect(try await fixture.store.versions(fixture.task).map(\.version) == ["v1", "v2", "v5", "v6"])
            #expect(Set(garbage.adapters) == Set(all[2...3].map(\.digest)))
            #expect(Set(garbage.replayGenerations) == Set([3, 4].map { generation($0).digest }))
            let referenced = try await fixture.store.referencedDigests()
            #expect(referenced.adapters == Set([0, 1, 4, 5].map { all[$0].digest }))
            #expect(referenced.replayGenerations == Set([1, 2, 5, 6].map { generation($0).digest }))
            // A version that is gone is passed over.
            #expect(try await fixture.store.rollback(fixture.task).version == "v2")
            let rest = try await fixture.store.collectGarbage(fixture.task, keeping: 2)
            #expect(rest == Garbage(adapters: [all[0].digest], replayGenerations: [generation(1).digest]))
        }
    }

    @Test("a text relabelled after it was learned leaves every replay memory that may hold it")
    func removals() async throws {
        try await StoreFixture.with { fixture in
            try await learn(2, fixture)
            try await fixture.append(Example(text: "text 1", label: "y"))
            let relabelled: Set = [ContentHash("text 1")]
            #expect(try await fixture.store.champion(fixture.task)?.replay.removals == relabelled)
            // The next memory is written without it, and holds the text again under its new label.
            let work = try await fixture.claim()
            #expect(work.replay.removals == relabelled)
            _ = try await fixture.store.promote(work.update.id, .fixture(work, replay: generation(3)))
            #expect(try await fixture.store.champion(fixture.task)?.replay == ReplayState(generation: generation(3)))
            // An older memory is still read without it.
            _ = try await fixture.store.rollback(fixture.task)
            #expect(
                try await fixture.store.champion(fixture.task)?.replay
                    == ReplayState(generation: generation(2), removals: relabelled))
        }
    }

    @Test("an overview has each task with its champion, memory and newest updates")
    func overview() async throws {
        try await StoreFixture.with { fixture in
            try await learn(3, fixture)
            let overview = try #require(try await fixture.store.overview(updates: 2).first)
            #expect(overview.champion?.version == "v3" && overview.versions == 3)
            #expect(overview.replay == generation(3))
            #expect(overview.updates.map(\.experience) == [3, 2])
            #expect(overview.ledger.consumed == 3 && overview.pending == PendingExamples())
        }
    }
}
