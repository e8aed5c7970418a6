import Foundation
import Schema
import Store
import Testing

/// Options out of range, and what commands say of one thing and of many.
@Suite("Options and counts")
struct OptionTests {
    static let wrong: [(arguments: [String], message: String)] = [
        (["predict", "shop", "hello", "--top-k", "0"], "--top-k must be 1 to 1000, not 0"),
        (["predict", "shop", "hello", "--top-k", "5000"], "--top-k must be 1 to 1000, not 5000"),
        (["task", "create", "shop", "--min-examples", "0"], "--min-examples must be 1 to 1000000, not 0"),
        (["task", "create", "shop", "--min-examples-after-wait", "0"], "--min-examples-after-wait must be 1 to"),
        (["task", "create", "shop", "--max-wait-seconds=-1"], "--max-wait-seconds must be 0 to 31536000, not -1"),
        (["task", "create", "shop", "--holdout", "0.9"], "--holdout must be 0 to 0.5, not 0.9"),
        (["task", "create", "shop", "--holdout", "nan"], "--holdout must be 0 to 0.5, not nan"),
        (["task", "create", "shop", "--recipe", "nope"], "--recipe must be one of "),
    ]

    @Test("One out of range is wrong usage, and the message names it", arguments: wrong)
    func range(arguments: [String], message: String) async throws {
        let home = FileManager.default.temporaryDirectory.appending(path: "perennial-test-\(UUID().uuidString)")
        let result = try await Program.run(arguments + ["--home", home.path])
        #expect(result.status == 64 && result.errors.contains(message), "\(result.errors)")
        #expect(!FileManager.default.fileExists(atPath: home.path))
    }

    private func withStore(_ body: (Store, [String]) async throws -> Void) async throws {
        let home = FileManager.default.temporaryDirectory.appending(path: "perennial-test-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: home) }
        let store = try Store(home: Home(root: home))
        try await body(store, ["--home", home.path])
        try store.close()
    }

    @Test("What is set aside is listed with its whole text, however narrow the terminal")
    func quarantine() async throws {
        try await withStore { store, home in
            let task = try TaskName("shop")
            var policy = UpdatePolicy()
            policy.holdout = 0
            _ = try await store.putTask(task, labels: ["refund"], update: policy)
            let text = String(repeating: "where is my parcel, and why ", count: 10) + "\u{1B}[2Jwhere"
            let examples = [Example(text: text, label: "refund", source: "crowd"), Example(text: "b", label: "refund")]
            _ = try await store.append(LedgerBatch(examples), to: task)
            _ = try await store.requestUpdate(task)
            let work = try #require(try await store.claimNextUpdate())
            let suspicion = Suspicion(loss: 6, disagreement: 1, suggested: "parcel", pValue: 0.002)
            let doubted = work.training.map { ($0.sequence, suspicion) }
            _ = try await store.setAside(Dictionary(uniqueKeysWithValues: doubted), from: work.update.id)

            let list = try await Program.run(["quarantine", "list", "shop"] + home, environment: ["COLUMNS": "40"])
            let lines = list.output.split(separator: "\n")
            #expect(lines.count == 5 && lines[0].hasPrefix("example"), "\(list.output)\(list.errors)")
            let shown = text.replacing("\u{1B}", with: " ")
            #expect(lines.contains("    \(shown) (from crowd)"), "\(list.output)")

            let first = try #require(doubted.first).0
            let release = try await Program.run(["quarantine", "release", "shop", "\(first)"] + home)
            #expect(release.output == "1 example of shop joins the next update\n", "\(release.errors)")
            let drop = try await Program.run(["quarantine", "drop", "shop", "--all"] + home)
            #expect(drop.output == "1 example of shop is dropped\n", "\(drop.errors)")
            let tasks = try await Program.run(["task", "list"] + home)
            #expect(tasks.output == "shop  1 label\n", "\(tasks.errors)")
            let parked = try await Program.run(["task", "release", "shop"] + home)
            #expect(parked.output == "no example of shop is parked\n", "\(parked.errors)")
        }
    }

    @Test("No description steers the terminal")
    func description() async throws {
        try await withStore { store, home in
            _ = try await store.putTask(try TaskName("shop"), description: "sorts\u{1B}[2J mail\u{9B}K")
            let list = try await Program.run(["task", "list"] + home)
            #expect(list.output == "shop  0 labels  sorts [2J mail K\n", "\(list.output)\(list.errors)")
            let show = try await Program.run(["task", "show", "shop"] + home)
            #expect(show.output.contains("\n            sorts [2J mail K\n"), "\(show.output)\(show.errors)")
        }
    }

    @Test("A sample is at most what is held, whatever is asked for", arguments: [[], ["--stratified"]])
    func sample(arguments: [String]) async throws {
        try await withStore { store, home in
            _ = try await store.putTask(try TaskName("shop"))
            let result = try await Program.run(
                ["replay", "sample", "shop", "--count", "99999999999"] + arguments + home)
            #expect(result.status == 0 && result.output.isEmpty, "\(result.errors)")
        }
    }

    @Test("A model that is not known is not to be fetched: those that are known are named")
    func models() async throws {
        let models = FileManager.default.temporaryDirectory.appending(path: "perennial-test-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: models) }
        let model = models.appending(path: "mine")
        try FileManager.default.createDirectory(at: model, withIntermediateDirectories: true)
        try Data("{}".utf8).write(to: model.appending(path: "config.json"))
        let environment = ["PERENNIAL_MODELS": models.path]
        let result = try await Program.run(["model", "verify", "nonsense"], environment: environment)
        #expect(result.status == 1 && result.errors.contains("\"nonsense\" is not known; known: "), "\(result.errors)")
        #expect(result.errors.contains("mine") && !result.errors.contains("pull nonsense"), "\(result.errors)")
        let other = try await Program.run(["model", "verify", "someone/else"], environment: environment)
        #expect(other.errors.contains("perennial model pull someone/else"), "\(other.errors)")
    }
}
