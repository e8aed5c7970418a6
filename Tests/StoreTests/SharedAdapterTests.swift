import Schema
import Store
import Testing

/// Tasks on one adapter: updated, promoted and rolled back together or not at all.
@Suite("Shared adapters")
struct SharedAdapterTests {
    /// Tasks of a store; "a" and "b" share the adapter "both" from the start.
    struct Shop {
        let store: Store
        let a: TaskName
        let b: TaskName

        static func with(_ body: (Shop) async throws -> Void) async throws {
            try await StoreFixture.with { fixture in
                let shop = Shop(store: fixture.store, a: try TaskName("a"), b: try TaskName("b"))
                for task in [shop.a, shop.b] { try await shop.create(task) }
                try await body(shop)
            }
        }

        func create(_ task: TaskName) async throws {
            var policy = try await store.initialPolicy(adapter: "both")
            policy.holdout = 0
            _ = try await store.putTask(task, update: policy, adapter: "both")
        }

        func append(_ text: String, to task: TaskName) async throws {
            _ = try await store.append(LedgerBatch([Example(text: text, label: "x")]), to: task)
        }

        func claim(_ task: TaskName) async throws -> UpdateWork {
            _ = try await store.requestUpdate(task)
            return try #require(try await store.claimNextUpdate())
        }

        func promotions(_ work: UpdateWork) -> [String: Promotion] {
            Dictionary(uniqueKeysWithValues: ([work] + work.sharing).map { ($0.update.id, Promotion.fixture($0)) })
        }

        @discardableResult
        func learn(_ task: TaskName, _ text: String) async throws -> [AdapterVersion] {
            try await append(text, to: task)
            return try await store.promote(promotions(try await claim(task)))
        }

        /// The version each task serves.
        func champions() async throws -> [String: String] {
            var champions: [String: String] = [:]
            for served in try await store.served() { champions[served.task.name.rawValue] = served.champion?.version }
            return champions
        }

        /// Training examples that wait, for each.
        func pending() async throws -> [Int] {
            [try await store.pending(a).training, try await store.pending(b).training]
        }
    }

    @Test("tasks that share say so, take over the recipe, and keep the adapter they were created on")
    func creation() async throws {
        try await Shop.with { shop in
            #expect(try await shop.store.task(shop.a).sharing?.tasks == [shop.a, shop.b])
            var policy = try await shop.store.task(shop.b).update
            policy.recipe = "other"
            _ = try await shop.store.putTask(shop.b, update: policy)
            #expect(try await shop.store.task(shop.a).update.recipe == "other")
            let late = try TaskName("late")
            await #expect(throws: StoreError.self) {
                _ = try await shop.store.putTask(late, update: UpdatePolicy(), adapter: "both")
            }
            #expect(try await shop.store.putTask(late, adapter: "both").task.update.recipe == "other")
            for adapter in ["both", "third"] {
                await #expect(throws: StoreError.self) {
                    _ = try await shop.store.putTask(try TaskName("support"), adapter: adapter)
                }
            }
            await #expect(throws: StoreError.self) { _ = try await shop.store.putTask(shop.a, adapter: "third") }
            _ = try await shop.store.putTask(shop.a, description: "the same again", adapter: "both")
            await #expect(throws: StoreError.self) {
                _ = try await shop.store.importVersion(shop.a, digest: "sha256:1", metrics: .init())
            }
        }
    }

    @Test("an update of one takes what waits for the others, and makes a version of each")
    func together() async throws {
        try await Shop.with { shop in
            try await shop.append("for b", to: shop.b)
            try await shop.append("for a", to: shop.a)
            let queued = try await shop.store.requestUpdate(shop.b, trigger: .age)
            let work = try await shop.claim(shop.a)
            // The oldest asked for leads; b's own queued update is not carried out twice.
            #expect(work.update.id == queued.id && work.task.name == shop.b)
            #expect(work.sharing.map(\.task.name) == [shop.a])
            #expect(work.sharing.map { $0.training.map(\.text) } == [["for a"]])
            #expect(try await shop.store.claimNextUpdate() == nil)
            let versions = try await shop.store.promote(shop.promotions(work))
            #expect(versions.map(\.version) == ["v1", "v1"])
            #expect(try await shop.champions() == ["a": "v1", "b": "v1"])

            // Nothing waits for b now; its champion is judged and renewed all the same.
            try await shop.append("for a again", to: shop.a)
            let next = try await shop.claim(shop.a)
            #expect(next.sharing.map(\.update.trigger) == [.shared])
            #expect(next.sharing.map(\.parent?.version) == ["v1"])
            #expect(next.sharing.map(\.range) == [nil])
            _ = try await shop.store.promote(shop.promotions(next))
            #expect(try await shop.champions() == ["a": "v2", "b": "v2"])
            #expect(try await shop.store.accuracyHistory(shop.b).report.versions == ["v1", "v2"])
        }
    }

    @Test("a task that has nothing yet takes no part")
    func empty() async throws {
        try await Shop.with { shop in
            try await shop.learn(shop.a, "first")
            #expect(try await shop.champions() == ["a": "v1"])
        }
    }

    @Test("a promotion that leaves one of them out, or whose champion was replaced, changes nothing")
    func whole() async throws {
        try await Shop.with { shop in
            try await shop.append("for b", to: shop.b)
            try await shop.learn(shop.a, "for a")
            try await shop.learn(shop.a, "more for a")
            try await shop.append("last", to: shop.a)
            let work = try await shop.claim(shop.a)
            await #expect(throws: StoreError.self) {
                _ = try await shop.store.promote(work.update.id, .fixture(work))
            }
            _ = try await shop.store.rollback(shop.b)
            await #expect(throws: StoreError.self) { _ = try await shop.store.promote(shop.promotions(work)) }
            #expect(try await shop.champions() == ["a": "v1", "b": "v1"])
            // Once more, from what serves now.
            _ = try await shop.store.restart(work.update.id)
            let again = try #require(try await shop.store.claimNextUpdate())
            #expect(again.update.id == work.update.id && again.parent?.version == "v1")
            #expect(again.sharing.map(\.update.id) == work.sharing.map(\.update.id))
            _ = try await shop.store.promote(shop.promotions(again))
            #expect(try await shop.champions() == ["a": "v3", "b": "v3"])
        }
    }

    @Test("what one is refused for all are: their examples wait again")
    func rejection() async throws {
        try await Shop.with { shop in
            try await shop.append("for b", to: shop.b)
            try await shop.append("for a", to: shop.a)
            let work = try await shop.claim(shop.a)
            let candidates = Dictionary(
                uniqueKeysWithValues: ([work] + work.sharing).map { ($0.update.id, Candidate.fixture($0)) })
            #expect(try await shop.store.reject(candidates).map(\.state) == [.rejected, .rejected])
            #expect(try await shop.pending() == [1, 1])
            #expect(try await shop.champions() == [:])
            #expect(try await shop.store.updates(shop.b).map(\.status) == [.rejected])
            // By force, both serve what was refused.
            _ = try await shop.store.promote(shop.b, .version("v1"), force: true)
            #expect(try await shop.champions() == ["a": "v1", "b": "v1"])
        }
    }

    @Test("rollback and promotion by hand move all of them")
    func byHand() async throws {
        try await Shop.with { shop in
            try await shop.append("for b", to: shop.b)
            for text in ["one", "two", "three"] { try await shop.learn(shop.a, text) }
            #expect(try await shop.store.rollback(shop.b).version == "v2")
            #expect(try await shop.champions() == ["a": "v2", "b": "v2"])
            _ = try await shop.store.promote(shop.a, .version("v1"))
            #expect(try await shop.champions() == ["a": "v1", "b": "v1"])
            _ = try await shop.store.rollback(shop.a)
            #expect(try await shop.champions() == ["a": "v2", "b": "v2"])
        }
    }

    @Test("where a rollback leads is known before it is made")
    func foreseen() async throws {
        try await Shop.with { shop in
            try await shop.append("for b", to: shop.b)
            try await shop.learn(shop.a, "one")
            await #expect(throws: StoreError.noPreviousVersion(shop.a)) {
                _ = try await shop.store.previousVersion(shop.a)
            }
            try await shop.learn(shop.a, "two")
            let previous = try await shop.store.previousVersion(shop.a)
            #expect(previous.version == "v1")
            let others = try await shop.store.madeTogether(with: previous, of: shop.a)
            #expect(others.mapValues(\.version) == [shop.b: "v1"])
            #expect(try await shop.champions() == ["a": "v2", "b": "v2"])
            #expect(try await shop.store.rollback(shop.a).version == previous.version)
        }
    }

    @Test("there is no way back to before a task had joined, and the error names the task")
    func joined() async throws {
        try await Shop.with { shop in
            try await shop.learn(shop.a, "one")
            try await shop.append("for b", to: shop.b)
            try await shop.learn(shop.a, "two")
            #expect(try await shop.champions() == ["a": "v2", "b": "v1"])
            let refused = StoreError.notTogether(shop.b, made: "v1 of task \"a\"")
            await #expect(throws: refused) { _ = try await shop.store.rollback(shop.a) }
            await #expect(throws: refused) { _ = try await shop.store.promote(shop.a, .version("v1")) }
            #expect(try await shop.champions() == ["a": "v2", "b": "v1"])
        }
    }

    @Test(
        "cancelled, failed, interrupted or set aside: it ends for all", arguments: ["cancel", "fail", "crash", "doubt"])
    func endings(how: String) async throws {
        try await Shop.with { shop in
            try await shop.append("for b", to: shop.b)
            try await shop.append("for a", to: shop.a)
            let work = try await shop.claim(shop.a)
            let other = try #require(work.sharing.first)
            func status() async throws -> [UpdateStatus] {
                [
                    try await shop.store.update(work.update.id).status,
                    try await shop.store.update(other.update.id).status,
                ]
            }
            switch how {
            case "cancel":
                _ = try await shop.store.cancel(other.update.id)
                #expect(try await status() == [.cancelled, .cancelled])
                await #expect(throws: StoreError.self) {
                    try await shop.store.advance(work.update.id, to: .training, progress: 0.5)
                }
            case "fail":
                _ = try await shop.store.fail(work.update.id, error: "no number")
                #expect(try await status() == [.failed, .failed])
            case "doubt":
                func set(_ work: UpdateWork) async throws -> UpdateStatus {
                    let doubt = Suspicion(loss: 9, disagreement: 1, suggested: "y", pValue: 0.001)
                    let doubted = Dictionary(uniqueKeysWithValues: work.training.map { ($0.sequence, doubt) })
                    return try await shop.store.setAside(doubted, from: work.update.id).status
                }
                #expect(try await set(work) == .training)
                #expect(try await set(other) == .cancelled)
                #expect(try await status() == [.cancelled, .cancelled])
            default:
                #expect(try await shop.store.recoverUpdates().count == 2)
                #expect(try await status() == [.queued, .queued])
                let again = try #require(try await shop.store.claimNextUpdate())
                #expect(again.update.id == work.update.id && again.attempt == 2)
                #expect(again.sharing.map(\.update.id) == [other.update.id])
                #expect(again.sharing.map { $0.training.map(\.text) } == [["for b"]])
                _ = try await shop.store.promote(shop.promotions(again))
                #expect(try await shop.champions() == ["a": "v1", "b": "v1"])
                return
            }
            let waiting = how == "doubt" ? 0 : 1
            #expect(try await shop.pending() == [waiting, waiting])
        }
    }

    @Test("a task deleted in the middle of an update ends it for the others, which go on without it")
    func deletion() async throws {
        try await Shop.with { shop in
            try await shop.append("for b", to: shop.b)
            try await shop.learn(shop.a, "one")
            try await shop.append("two", to: shop.a)
            let work = try await shop.claim(shop.a)
            _ = try await shop.store.deleteTask(shop.b)
            #expect(try await shop.store.update(work.update.id).status == .cancelled)
            #expect(try await shop.store.pending(shop.a).training == 1)
            try await shop.learn(shop.a, "three")
            #expect(try await shop.champions() == ["a": "v2"])
            #expect(try await shop.store.rollback(shop.a).version == "v1")
        }
    }
}
