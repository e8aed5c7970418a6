import Foundation
import Testing

/// Where the home is, and that looking does not make one.
@Suite("Home")
struct HomeTests {
    private func withDirectory(_ body: (URL) async throws -> Void) async throws {
        let directory = FileManager.default.temporaryDirectory.appending(path: "perennial-test-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: directory) }
        try await body(directory)
    }

    @Test("The default home is in $XDG_DATA_HOME, unless that is relative or not set, then in $HOME")
    func place() async throws {
        try await withDirectory { directory in
            let (user, data) = (directory.appending(path: "user").path, directory.appending(path: "data").path)
            for (variable, home) in [
                (data, data + "/perennial"), ("data", user + "/.local/share/perennial"),
                ("", user + "/.local/share/perennial"),
            ] {
                let environment = ["HOME": user, "XDG_DATA_HOME": variable, "PERENNIAL_HOME": ""]
                let create = try await Program.run(["task", "create", "shop"], environment: environment)
                #expect(create.status == 0, "\(create.errors)")
                #expect(FileManager.default.fileExists(atPath: home + "/perennial.sqlite"), "\(home)")
            }
        }
    }

    @Test("A home without a name is wrong usage")
    func empty() async throws {
        let result = try await Program.run(["task", "list", "--home", ""])
        #expect(result.status == 64 && result.errors.contains("--home is empty"), "\(result.errors)")
    }

    @Test(
        "A command that reads says that there is no home yet, and makes none",
        arguments: [
            ["task", "list"], ["forgetting"], ["replay", "stats", "shop"], ["dashboard", "--once"],
            ["ingest", "-", "--task", "shop"], ["adapter", "show", "shop"], ["adapter", "export", "shop", "exported"],
            ["adapter", "import", "shop", "exported"],
        ])
    func missing(arguments: [String]) async throws {
        try await withDirectory { directory in
            let home = directory.appending(path: "home").path
            let result = try await Program.run(arguments + ["--home", home], input: Data())
            #expect(result.status == 1 && result.errors.contains("there is no home at \(home) yet"), "\(result.errors)")
            #expect(!FileManager.default.fileExists(atPath: home))
        }
    }

    @Test("Doctor goes on without a home, and makes none")
    func doctor() async throws {
        try await withDirectory { directory in
            let home = directory.appending(path: "home").path
            let result = try await Program.run(["doctor", "--home", home])
            #expect(result.output.contains("there is none at \(home) yet"), "\(result.output)")
            #expect(result.output.contains(/SQLite +ok/), "\(result.output)")
            #expect(!FileManager.default.fileExists(atPath: home))
        }
    }
}
