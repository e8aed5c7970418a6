import Foundation
import Schema
import Store
import Testing

/// What leaves one task is what comes into another.
@Suite("Export and import", .enabled(if: SystemTest.hasModel))
struct ExportTests {
    private struct Answer: Decodable {
        struct Choice: Decodable, Equatable {
            var label: String
            var score: Double
        }
        struct Text: Decodable { var top: [Choice] }
        var data: [Text]
    }

    @Test("An imported version answers as the exported one did, its analytic head included; a damaged one is refused")
    func roundTrip() async throws {
        let home = try SystemTest.temporaryHome()
        defer { try? FileManager.default.removeItem(at: home) }
        let store = try Store(home: Home(root: home))
        for (name, recipe) in [("from", "instant"), ("to", "quick")] {
            var policy = UpdatePolicy()
            policy.recipe = recipe
            policy.minimumExamples = name == "from" ? 1 : 1_000_000
            _ = try await store.putTask(try TaskName(name), update: policy)
        }
        let examples = (0..<40).map { number in
            let label = SystemTest.labels[number % 4]
            return Example(text: "message \(number) about my \(label)", label: label)
        }
        _ = try await store.append(LedgerBatch(examples), to: try TaskName("from"))
        try store.close()
        let here = ["--home", home.path, "--quiet"]
        try await Program.runWell(["work", "--once"] + here)

        let folder = home.appending(path: "exported")
        let exported = try await Program.run(["adapter", "export", "from", folder.path] + here)
        #expect(exported.status == 0 && exported.output.contains("analytic head"), "\(exported.errors)")
        try await Program.runWell(["adapter", "import", "to", folder.path] + here)
        try await Program.runWell(["adapter", "promote", "to", "v1"] + here)
        var answers: [[Answer.Choice]] = []
        for task in ["from", "to"] {
            let result = try await Program.run(
                ["predict", task, "message about my \(SystemTest.labels[2])", "--json", "--top-k", "4"] + here)
            #expect(result.status == 0, "\(result.errors)")
            answers.append(try JSONDecoder().decode(Answer.self, from: Data(result.output.utf8)).data[0].top)
        }
        #expect(answers[0].first?.label == SystemTest.labels[2] && answers[0] == answers[1])

        for name in ["analytic.safetensors", "adapter_model.safetensors"] {
            let file = folder.appending(path: name)
            let whole = try Data(contentsOf: file)
            var bytes = whole
            bytes[bytes.count - 5] ^= 1
            try bytes.write(to: file)
            let refused = try await Program.run(["adapter", "import", "to", folder.path] + here)
            #expect(refused.status == 65 && refused.errors.contains("changed or damaged"), "\(refused)")
            try whole.write(to: file)
        }
    }
}
