import Foundation
import Schema
import Store
import Testing

/// Needs the base model, which `ops/test` fetches first.
@Suite("Kill -9", .enabled(if: SystemTest.hasModel), .serialized)
struct KillTests {
    @Test("Killed fifty times while taking and learning, nothing acknowledged is lost or doubled")
    func survives() async throws {
        let home = try SystemTest.temporaryHome()
        defer { try? FileManager.default.removeItem(at: home) }
        let task = try TaskName("shop")
        let store = try Store(home: Home(root: home))
        var policy = UpdatePolicy()
        policy.minimumExamples = 40
        policy.recipe = "quick"
        _ = try await store.putTask(task, update: policy)
        try store.close()

        var generator = SystemTest.Generator(state: 7)
        var sent = 0
        var acknowledged: [String] = []
        for round in 0..<50 {
            let service = try await ServiceProcess.start(home: home)
            let delay = Duration.milliseconds(Int.random(in: 0...1_200, using: &generator))
            let killer = Task {
                try? await Task.sleep(for: delay)
                service.killGroup()
            }
            while true {
                let examples = (sent..<sent + 8).map(SystemTest.example)
                sent += 8
                let body = Data(examples.map { "\($0)\n" }.joined().utf8)
                let url = service.url + "/v1/tasks/shop/examples"
                guard let answer = try? await HTTP.send("POST", url, type: "application/x-ndjson", body: body) else {
                    break
                }
                try #require(answer.status == 200, "round \(round): \(String(decoding: answer.body, as: UTF8.self))")
                acknowledged += examples
                try? await Task.sleep(for: .milliseconds(40))
            }
            await killer.value
        }
        try await check(home: home, task: task, acknowledged: acknowledged)
    }

    /// After a last start that is left in peace.
    private func check(home: URL, task: TaskName, acknowledged: [String]) async throws {
        let service = try await ServiceProcess.start(home: home)
        defer { service.killGroup() }
        // Sending everything again stores nothing: all of it is there.
        let body = Data(acknowledged.map { "\($0)\n" }.joined().utf8)
        let answer = try await HTTP.send(
            "POST", service.url + "/v1/tasks/shop/examples", type: "application/x-ndjson", body: body)
        let report = try JSONDecoder().decode(IngestReport.self, from: answer.body)
        #expect(report.accepted == 0)
        #expect(report.duplicates == acknowledged.count)

        let store = try Store(home: Home(root: home))
        defer { try? store.close() }
        while try await store.updates(task).contains(where: { !$0.status.isFinal }) {
            try await Task.sleep(for: .milliseconds(50))
        }
        // On a slow machine none came to its end between two kills; what waits is learned all the same.
        if try await store.updates(task, limit: 10_000).allSatisfy({ $0.status != .promoted }) {
            try await SystemTest.learn(service.url + "/v1/tasks/shop")
        }
        let ending = try await service.terminate()
        #expect(ending.code == 0)
        #expect(ending.seconds < 5)

        // Each stored example is in one place only, and those that were learned were learned in one update.
        let counts = try await store.counts(task)
        #expect(counts.total >= acknowledged.count)
        #expect(counts.claimed == 0)
        let promoted = try await store.updates(task, limit: 10_000).filter { $0.status == .promoted }
        #expect(promoted.reduce(0) { $0 + $1.examples.new } == counts.consumed)
        #expect(!promoted.isEmpty)
        // What is served, and every version kept, is whole.
        try SystemTest.verifyAdapters(home: home, versions: try await store.versions(task))
    }
}
