import Foundation
import Testing

@Suite("Options of benchmarks")
struct BenchmarkOptionTests {
    static let files = ["--stream", "none.json", "--data", "none"]
    static let wrong: [(arguments: [String], message: String)] = [
        (["instant", "--data", "a", "--test", "b", "--holdout", "2"], "--holdout must be 0 to 0.5, not 2"),
        (["instant", "--data", "a", "--test", "b", "--holdout", "nan"], "--holdout must be 0 to 0.5, not nan"),
        (["instant", "--data", "a", "--test", "b", "--draws", "0"], "--draws must be 1 to 1000000, not 0"),
        (["instant", "--data", "a", "--test", "b", "--new-labels", "0"], "--new-labels must be 1 to 1000000, not 0"),
        (load(["--warm-up", "1e300"]), "--warm-up must be 0 to 86400, not 1e+300"),
        (load(["--seconds", "1e300"]), "--seconds must be 0.001 to 86400, not 1e+300"),
        (load(["--rate", "1e-300"]), "--rate must be 0.001 to 1000000, not 1e-300"),
        (load(["--connections", "0"]), "--connections must be 1 to 10000, not 0"),
        (["drift"] + files + ["--first-seed", "9223372036854775807"], "--first-seed must be 0 to 1000000000"),
        (["drift"] + files + ["--threads", "0"], "--threads must be 1 to 64, not 0"),
        (["gate", "--examples", "9"], "--examples must be 10 to 1000000, not 9"),
        (["gate", "--tolerance", "nan"], "--tolerance must be 0 to 1, not nan"),
        (["quarantine", "--false-alarms", "0.5"], "--false-alarms must be 0 to 0.1, not 0.5"),
        (["quarantine", "--flipped", "1"], "--flipped must be 0 up to 1, not 1.0"),
        (["ingest", "--data", "a", "--lines", "0"], "--lines must be 1 to 100000000, not 0"),
        (["serve", "--data", "a", "--max-length", "1"], "--max-length must be 4 to 512, not 1"),
        (["serve", "--data", "a", "--threads", "1000000"], "--threads must be 1 to 64, not 1000000"),
        (["train", "--data", "a", "--rank", "9223372036854775807"], "adapter.rank must be 1 to 256"),
    ]

    private static func load(_ options: [String]) -> [String] {
        ["load", "--url", "http://127.0.0.1:1", "--task", "t", "--data", "a"] + options
    }

    @Test("One out of range is wrong usage, and the message names option, range and value", arguments: wrong)
    func refused(arguments: [String], message: String) async throws {
        let result = try await Program.run(["bench"] + arguments)
        #expect(result.status == 64 && result.errors.contains(message), "\(result.status) \(result.errors)")
    }

    @Test("A recipe is named or is a file")
    func recipe() async throws {
        let result = try await Program.run(["bench", "instant", "--data", "a", "--test", "b", "--recipe", "none"])
        #expect(result.status == 78 && result.errors.contains("known: "), "\(result.errors)")
    }

    @Test("Help has no holes", arguments: ["quarantine", "gate", "drift", "load", "instant"])
    func help(name: String) async throws {
        let result = try await Program.run(["help", "bench", name])
        #expect(result.status == 0)
        let text = result.output.split(separator: "USAGE:")[0]
        #expect(!text.contains(#/\S {3,}\S/#), "\(text)")
    }
}
