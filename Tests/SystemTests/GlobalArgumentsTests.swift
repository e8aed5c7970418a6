import Foundation
import Perennial
import Testing

/// `--home`, `--config`, `--json`, `--quiet` and `--verbose` before the name of a command.
@Suite("Global options")
struct GlobalArgumentsTests {
    static let moved: [(given: [String], read: [String])] = [
        (["--json", "task", "list"], ["task", "list", "--json"]),
        (["task", "--json", "list"], ["task", "list", "--json"]),
        (
            ["--home", "D", "task", "--quiet", "list", "--url", "U"],
            ["task", "list", "--home", "D", "--quiet", "--url", "U"]
        ),
        (["--home=D", "--verbose", "doctor"], ["doctor", "--home=D", "--verbose"]),
        (["--home", "task", "task", "list"], ["task", "list", "--home", "task"]),
        (["--config", "C", "predict", "shop", "--", "--json"], ["predict", "--config", "C", "shop", "--", "--json"]),
        (["--home", "A", "ingest", "-", "--home", "B"], ["ingest", "--home", "A", "-", "--home", "B"]),
        // What is wrong is the word that is no command, and help needs no option.
        (["--json", "tsk", "list"], ["tsk", "list"]),
        (["--home", "D", "help", "task"], ["help", "task"]),
        (["--json", "task", "--help"], ["task", "--help"]),
    ]

    @Test("They go behind the name of the last command, in their order", arguments: moved)
    func behind(given: [String], read: [String]) {
        #expect(GlobalArguments.moved(given) == read)
    }

    @Test(
        "All else stays where it is",
        arguments: [
            [], ["--json"], ["--version"], ["task", "list", "--json", "--home", "D"], ["--url", "U", "task", "list"],
            ["--home"], ["--home", "--json", "task", "list"], ["--json", "--", "task", "list"],
            ["--json=yes", "task", "list"], ["predict", "shop", "task", "--quiet"],
        ])
    func stays(arguments: [String]) {
        #expect(GlobalArguments.moved(arguments) == arguments)
    }

    @Test("The program takes them before a command, between two and behind them")
    func program() async throws {
        let home = FileManager.default.temporaryDirectory.appending(path: "perennial-test-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: home) }
        try await Program.runWell(["--home", home.path, "task", "create", "shop"])
        for arguments in [
            ["--json", "--home", home.path, "task", "list"], ["task", "--json", "--home=\(home.path)", "list"],
            ["task", "list", "--home", home.path, "--json"],
        ] {
            let result = try await Program.run(arguments)
            #expect(result.status == 0 && result.output.contains("\"shop\""), "\(result.errors)")
        }
        let unknown = try await Program.run(["--url", "http://127.0.0.1:1", "task", "list"])
        #expect(unknown.status == 64 && unknown.errors.contains("--url"), "\(unknown.errors)")
    }
}
