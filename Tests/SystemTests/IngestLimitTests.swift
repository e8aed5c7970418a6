import Foundation
import Schema
import Testing

/// Streams of more than the service takes at once.
@Suite("Ingest within limits")
struct IngestLimitTests {
    /// A home with a task, and the configuration of a service that takes bodies of so many bytes.
    private func withHome(limit: Int = 4_000, _ body: (URL, _ options: [String]) async throws -> Void) async throws {
        let home = try SystemTest.temporaryHome()
        defer { try? FileManager.default.removeItem(at: home) }
        let configuration = home.appending(path: "service.yaml")
        try Data("limits: {ingest_bytes: \(limit)}".utf8).write(to: configuration)
        try await Program.runWell(["task", "create", "shop", "--min-examples", "1000000", "--home", home.path])
        try await body(home, ["--config", configuration.path])
    }

    private func ingest(_ file: URL, _ arguments: [String]) async throws -> IngestReport {
        let result = try await Program.run(["ingest", file.path, "--task", "shop", "--json"] + arguments)
        try #require(result.status == 0 || result.status == 65, "\(result.errors)")
        return try JSONDecoder().decode(IngestReport.self, from: Data(result.output.utf8))
    }

    @Test("Lines are sent in parts, faults keep their line, and one line that is too long is no more than a fault")
    func lines() async throws {
        try await withHome { home, options in
            let long = #"{"text": "\#(String(repeating: "x", count: 5_000))", "label": "parcel"}"#
            let file = home.appending(path: "stream.jsonl")
            let lines = SystemTest.examples(0..<700) + long + "\n\n" + SystemTest.examples(700..<900) + "nonsense\n"
            try Data((lines + SystemTest.examples(900..<1_000)).utf8).write(to: file)
            let here = ["--home", home.path]
            let first = try await ingest(file, here + options)
            #expect(first.accepted == 1_000 && first.duplicates == 0 && first.rejected == 2)
            #expect(first.errors.map(\.line) == [701, 903])
            #expect(first.errors.map(\.code) == ["body_too_large", "invalid_json"])
            // What stands after it must not be lost with it, and another service would take it.
            let second = try await ingest(file, here)
            #expect(second.accepted == 1 && second.duplicates == 1_000 && second.rejected == 1)
        }
    }

    @Test("Each part of a CSV file has its header, and records over several lines stay whole")
    func csv() async throws {
        try await withHome { home, options in
            let rows = (0..<500).map { "\"message \($0)\nof two lines, \"\"quoted\"\"\",parcel\n" }
            let file = home.appending(path: "stream.csv")
            try Data(("text,label\n" + rows.joined() + "without a label,\n").utf8).write(to: file)
            let report = try await ingest(file, ["--home", home.path] + options)
            #expect(report.accepted == 500 && report.rejected == 1)
            #expect(report.errors.map(\.line) == [1_002])
        }
    }

    @Test("A stray quote, or one that is never closed, costs its row alone, however much comes behind it")
    func strayQuotes() async throws {
        try await withHome { home, options in
            let rows = (0..<1_000).map { "message \($0),parcel\n" }
            // More than a row may have: up to there it might still be closed.
            let more = (1_000..<20_000).map { "message \($0),parcel\n" }
            let file = home.appending(path: "stream.csv")
            let stream = "text,label\na 5\" pipe,parcel\n" + rows.joined() + "\"never closed,parcel\n" + more.joined()
            try Data(stream.utf8).write(to: file)
            let report = try await ingest(file, ["--home", home.path] + options)
            #expect(report.accepted == 20_000 && report.duplicates == 0 && report.rejected == 2)
            #expect(report.errors.map(\.line) == [2, 1_003])
            #expect(report.errors.map(\.code) == ["invalid_quote", "invalid_quote"])
        }
    }

    @Test("A service says what it takes at once, and gets no more", .enabled(if: SystemTest.hasModel))
    func service() async throws {
        try await withHome(limit: 40_000) { home, options in
            let service = try await ServiceProcess.start(home: home, arguments: ["--no-worker"] + options)
            defer { service.killGroup() }
            let file = home.appending(path: "stream.jsonl")
            // More than the program sends at once of itself, so that it learns from the first answer.
            try Data(SystemTest.examples(0..<40_000).utf8).write(to: file)
            let report = try await ingest(file, ["--url", service.url])
            #expect(report.accepted == 40_000 && report.duplicates == 0 && report.rejected == 0)
        }
    }
}
