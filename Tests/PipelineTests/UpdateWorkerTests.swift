import Foundation
import Pipeline
import RecordedLog
import Schema
import Store
import Testing

@Suite("Update worker", .timeLimit(.minutes(5)))
struct UpdateWorkerTests {
    @Test("A task that is deleted while it trains is no error, and the trainer goes on")
    func deletion() async throws {
        let home = FileManager.default.temporaryDirectory.appending(path: "worker-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: home) }
        let store = try Store(home: Home(root: home))
        let task = try TaskName("shop")
        var policy = UpdatePolicy()
        policy.holdout = 0
        policy.minimumExamples = 1_000
        _ = try await store.putTask(task, update: policy)
        let examples = LearnerTests.examples([0, 1, 2], count: 30, seed: 1)
        _ = try await store.append(LedgerBatch(examples), to: task)
        _ = try await store.requestUpdate(task)

        // Longer than it takes to see that it has begun.
        var recipe = LearnerTests.recipe
        recipe.optimization.epochs = 1_000
        let log = RecordedLog()
        let worker = UpdateWorker(
            store: store, learner: try LearnerTests().learner, recipe: { [recipe] _ in recipe }, logger: log.logger)
        async let hasRun = worker.runNextUpdate()
        while try await store.updates(task).first?.status != .training { await Task.yield() }
        _ = try await store.deleteTask(task)
        let ended = try await hasRun
        #expect(ended)
        #expect(log.lines.contains { $0.hasPrefix("notice: ") && $0.hasSuffix("its task was deleted") }, "\(log.lines)")
        #expect(!log.lines.contains { $0.hasPrefix("error: ") }, "\(log.lines)")
        try store.close()
    }
}
