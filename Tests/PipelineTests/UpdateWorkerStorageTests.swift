import Foundation
import Pipeline
import RecordedLog
import Schema
import Store
import Testing

/// What becomes of an update whose trainer is ended, or whose disk refuses.
@Suite("Update worker and storage", .timeLimit(.minutes(5)))
struct UpdateWorkerStorageTests {
    /// A task with examples that start an update, and a worker that learns it in `epochs`.
    private struct Fixture {
        let store: Store
        let task: TaskName
        let log = RecordedLog()
        let worker: UpdateWorker

        init(epochs: Int = 1) async throws {
            let root = FileManager.default.temporaryDirectory.appending(path: "worker-\(UUID().uuidString)")
            store = try Store(home: Home(root: root))
            task = try TaskName("shop")
            var policy = UpdatePolicy()
            policy.holdout = 0
            policy.minimumExamples = 90
            _ = try await store.putTask(task, update: policy)
            _ = try await store.append(LedgerBatch(LearnerTests.examples([0, 1, 2], count: 30, seed: 1)), to: task)
            var recipe = LearnerTests.recipe
            recipe.optimization.epochs = epochs
            worker = UpdateWorker(
                store: store, learner: try LearnerTests().learner, recipe: { [recipe] _ in recipe },
                interval: .milliseconds(1), logger: log.logger)
        }

        func remove() throws {
            try store.close()
            try FileManager.default.removeItem(at: store.home.root)
        }

        func errors(_ part: String) -> Int { log.lines.count { $0.hasPrefix("error: ") && $0.contains(part) } }
    }

    @Test("An orderly end queues the update again, however often, and counts no attempt")
    func orderlyEnd() async throws {
        let fixture = try await Fixture(epochs: 100_000)
        for _ in 0..<4 {
            let running = Task { try await fixture.worker.run() }
            while try await fixture.store.updates(fixture.task).first?.status != .training { await Task.yield() }
            running.cancel()
            try await running.value
            let updates = try await fixture.store.updates(fixture.task)
            #expect(updates.map(\.status) == [.queued] && updates[0].progress == 0)
        }
        #expect(fixture.log.lines.count { $0.hasSuffix("is queued again: the trainer ends") } == 4)
        let work = try #require(try await fixture.store.claimNextUpdate())
        #expect(work.attempt == 1 && work.training.count == 90)
        try fixture.remove()
    }

    @Test("What was left running is queued again before the next is claimed")
    func leftRunning() async throws {
        let fixture = try await Fixture()
        _ = try await fixture.store.requestUpdate(fixture.task)
        let left = try #require(try await fixture.store.claimNextUpdate())
        #expect(try await fixture.worker.runNextUpdate())
        let update = try await fixture.store.update(left.update.id)
        #expect(update.status == .promoted, "\(fixture.log.lines)")
        try fixture.remove()
    }

    @Test(
        "A folder that cannot be written is named, costs the examples nothing, and is tried again",
        arguments: [0, 1, 2])
    func unwritable(index: Int) async throws {
        let fixture = try await Fixture()
        let home = fixture.store.home
        let folder = [home.adapters, home.replay, home.analytic][index]
        try FileManager.default.removeItem(at: folder)
        try Data().write(to: folder)
        for attempt in 1...4 {
            await #expect(throws: (any Error).self) { _ = try await fixture.worker.runNextUpdate() }
            let updates = try await fixture.store.updates(fixture.task)
            #expect(updates.map(\.status) == Array(repeating: .failed, count: attempt))
            let words = try #require(updates[0].error)
            #expect(words.contains("cannot write \(folder.path)") && !words.contains("Domain="), "\(words)")
            #expect(try await fixture.store.pending(fixture.task).fresh == 90)
        }
        try FileManager.default.removeItem(at: folder)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        #expect(try await fixture.worker.runNextUpdate())
        #expect(try await fixture.store.updates(fixture.task).first?.status == .promoted)
        try fixture.remove()
    }

    @Test("A trainer that cannot go on waits longer each time")
    func backsOff() async throws {
        let fixture = try await Fixture()
        try FileManager.default.removeItem(at: fixture.store.home.adapters)
        try Data().write(to: fixture.store.home.adapters)
        let running = Task { try await fixture.worker.run() }
        while fixture.errors("tries again in 1.0 seconds") == 0 { await Task.yield() }
        running.cancel()
        try await running.value
        #expect(fixture.errors("tries again in 0.5 seconds") == 1, "\(fixture.log.lines)")
        #expect(try await fixture.store.updates(fixture.task).count == 2)
        try fixture.remove()
    }

    @Test("The sweep removes what a killed update left, and nothing from before the database was begun")
    func sweep() async throws {
        let fixture = try await Fixture()
        let home = fixture.store.home
        #expect(try await fixture.worker.runNextUpdate())
        let version = try #require(try await fixture.store.champion(fixture.task)).version
        let digests = ["a", "b"].map { "sha256:" + String(repeating: $0, count: 64) }
        let left = [home.adapter(digests[0]), home.replayGeneration(digests[0]), home.analyticGeneration(digests[0])]
        let older = [home.adapter(digests[1]), home.replayGeneration(digests[1]), home.analyticGeneration(digests[1])]
        for file in left + older { try Data("x".utf8).write(to: file) }
        let yesterday = Date(timeIntervalSinceNow: -86_400)
        for file in older {
            try FileManager.default.setAttributes([.modificationDate: yesterday], ofItemAtPath: file.path)
        }
        func isThere(_ file: URL) -> Bool { FileManager.default.fileExists(atPath: file.path) }

        await fixture.worker.sweep()
        #expect(left.allSatisfy(isThere) && older.allSatisfy(isThere))
        await fixture.worker.sweep(now: Date(timeIntervalSinceNow: 7_200))
        #expect(!left.contains(where: isThere))
        #expect(older.allSatisfy(isThere) && isThere(home.adapter(version.digest)))
        #expect(fixture.log.lines.contains { $0.hasPrefix("warning: 3 files") && $0.contains(home.root.path) })
        try fixture.remove()
    }
}
