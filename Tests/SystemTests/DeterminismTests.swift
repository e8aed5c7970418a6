import Foundation
import Schema
import Store
import Testing

@Suite("Determinism", .enabled(if: SystemTest.hasModel), .serialized)
struct DeterminismTests {
    @Test("Two homes that take the same examples in the same updates hold adapters and memories of the same bytes")
    func sameBytes() async throws {
        var seen: [[String?]] = []
        for _ in 0..<2 {
            let home = try SystemTest.temporaryHome()
            defer { try? FileManager.default.removeItem(at: home) }
            let store = try Store(home: Home(root: home))
            let task = try TaskName("shop")
            var policy = UpdatePolicy()
            policy.recipe = "quick"
            policy.minimumExamples = 1
            _ = try await store.putTask(task, update: policy)
            for round in 0..<2 {
                let examples = (0..<40).map { number in
                    let label = SystemTest.labels[number % (2 + 2 * round)]
                    return Example(text: "message \(round) \(number) about my \(label)", label: label)
                }
                _ = try await store.append(LedgerBatch(examples), to: task)
                try await Program.runWell(["work", "--once", "--home", home.path, "--quiet"])
            }
            var digests: [String?] = try await store.versions(task).map(\.digest)
            digests.append(try await store.champion(task)?.replay.generation?.digest)
            try store.close()
            seen.append(digests)
        }
        #expect(seen[0].count == 3)
        #expect(seen[0] == seen[1])
    }
}
