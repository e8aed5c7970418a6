import Foundation
import Pipeline
import Schema
import Store
import Synchronization
import Testing

@Suite("Trainer service")
struct TrainerServiceTests {
    private struct Asked: Error {}

    @Test("asks for the base model only when there is something to learn")
    func loadsLate() async throws {
        let home = FileManager.default.temporaryDirectory.appending(path: "trainer-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: home) }
        let store = try Store(home: Home(root: home))
        let task = try TaskName("shop")
        var policy = UpdatePolicy()
        policy.minimumExamples = 1_000
        _ = try await store.putTask(task, update: policy)
        let examples = (0..<40).map { Example(text: "text \($0)", label: $0 % 2 == 0 ? "even" : "odd") }
        _ = try await store.append(LedgerBatch(examples), to: task)

        let asked = Mutex(0)
        let trainer = TrainerService(store: store, interval: .milliseconds(1)) {
            asked.withLock { $0 += 1 }
            throw Asked()
        }
        let waiting = Task { try await trainer.run() }
        waiting.cancel()
        try await waiting.value
        #expect(asked.withLock { $0 } == 0)

        _ = try await store.requestUpdate(task)
        await #expect(throws: Asked.self) { try await trainer.run() }
        #expect(asked.withLock { $0 } == 1)
        try store.close()
    }
}
