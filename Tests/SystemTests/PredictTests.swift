import Foundation
import Perennial
import Testing

/// Who answers `perennial predict`, and what it knows.
@Suite("Predictions by command", .enabled(if: SystemTest.hasModel))
struct PredictTests {
    private struct Answer: Decodable {
        struct Analytic: Decodable { var examples: Int }
        var id: String
        var analytic: Analytic?
    }

    private func predict(_ home: URL) async throws -> Answer {
        let result = try await Program.run(["predict", "shop", "where is my parcel", "--json", "--home", home.path])
        try #require(result.status == 0, "\(result.errors)")
        return try JSONDecoder().decode(Answer.self, from: Data(result.output.utf8))
    }

    /// A home where a task has examples that wait to be learned.
    private func withHome(examples count: Int, _ body: (URL) async throws -> Void) async throws {
        let home = try SystemTest.temporaryHome()
        defer { try? FileManager.default.removeItem(at: home) }
        let options = ["--recipe", "quick", "--holdout", "0", "--min-examples", "1000000", "--home", home.path]
        try await Program.runWell(["task", "create", "shop"] + options)
        let file = home.appending(path: "stream.jsonl")
        try Data(SystemTest.examples(0..<count).utf8).write(to: file)
        try await Program.runWell(["ingest", file.path, "--task", "shop", "--quiet", "--home", home.path])
        try await body(home)
    }

    @Test("Where no service runs, the answer waits until every example counts, however many there are")
    func counted() async throws {
        try await withHome(examples: 4_000) { home in
            let answer = try await predict(home)
            #expect(answer.analytic?.examples == 4_000)
        }
    }

    @Test("Lines of standard input are answered by one document, whatever number of requests they take")
    func document() async throws {
        try await withHome(examples: 40) { home in
            let arguments = ["predict", "shop", "--json", "--home", home.path]
            let lines = (0..<130).map { "message \($0) about my parcel\n\n" }.joined()
            let result = try await Program.run(arguments, input: Data(lines.utf8))
            let answer = try JSONDecoder().decode(PredictionDocument.self, from: Data(result.output.utf8))
            #expect(answer.data.map(\.index) == Array(0..<130))
            #expect(answer.requests?.map(\.firstIndex) == [0, 64, 128])
            // More than the service takes at once.
            let long = String(repeating: String(repeating: "parcel ", count: 4_600) + "\n", count: 40)
            let parts = try await Program.run(arguments, input: Data(long.utf8))
            let joined = try JSONDecoder().decode(PredictionDocument.self, from: Data(parts.output.utf8))
            #expect(joined.data.map(\.index) == Array(0..<40))
            #expect(joined.requests?.map(\.firstIndex) == [0, 20])

            for input in ["", " \n\n"] {
                let empty = try await Program.run(arguments, input: Data(input.utf8))
                #expect(empty.status == 64 && empty.output.isEmpty, "\(empty)")
                #expect(empty.errors.contains("there is no text to answer"), "\(empty.errors)")
            }
        }
    }

    @Test("A text that is refused is named by its line, and one that is printed does not steer the terminal")
    func lines() async throws {
        try await withHome(examples: 40) { home in
            let arguments = ["predict", "shop", "--home", home.path]
            let long = "hello\n\n" + String(repeating: "x", count: 70_000)
            let refused = try await Program.run(arguments, input: Data(long.utf8))
            #expect(refused.status == 65 && refused.errors.contains("line 3: the text has 70000 bytes"), "\(refused)")
            let escapes = try await Program.run(arguments, input: Data("where\u{1B}[2J is\u{9B}31m it\n".utf8))
            #expect(escapes.output.hasSuffix("\twhere [2J is 31m it\n"), "\(escapes)")
        }
    }

    @Test("The answer of a version waits for what came after it as well")
    func newer() async throws {
        try await withHome(examples: 200) { home in
            let options = ["--min-examples", "100", "--home", home.path]
            try await Program.runWell(["task", "create", "shop"] + options)
            try await Program.runWell(["work", "--once", "--quiet", "--home", home.path])
            try await Program.runWell(["task", "create", "shop", "--min-examples", "1000000", "--home", home.path])
            let file = home.appending(path: "more.jsonl")
            try Data(SystemTest.examples(200..<500).utf8).write(to: file)
            try await Program.runWell(["ingest", file.path, "--task", "shop", "--quiet", "--home", home.path])
            let answer = try await predict(home)
            #expect(answer.analytic?.examples == 500)
        }
    }

    @Test("The service that runs on the home answers, and knows its answer again")
    func service() async throws {
        try await withHome(examples: 40) { home in
            let service = try await ServiceProcess.start(home: home, arguments: ["--no-worker"])
            defer { service.killGroup() }
            let id = try await predict(home).id
            let arguments = ["feedback", "shop", id, "--right", "--home", home.path]
            let feedback = try await Program.run(arguments)
            #expect(feedback.status == 0 && feedback.output.hasSuffix("was right: counted\n"), "\(feedback.errors)")
            let again = try await Program.run(arguments)
            #expect(again.output == "this answer was counted before\n", "\(again.errors)")
        }
    }

    @Test("Where a service was killed, the command answers by itself, and feedback says that there is none")
    func killed() async throws {
        try await withHome(examples: 40) { home in
            try await ServiceProcess.start(home: home, arguments: ["--no-worker"]).killGroup()
            let id = try await predict(home).id
            let feedback = try await Program.run(["feedback", "shop", id, "--right", "--home", home.path])
            #expect(feedback.status == 69 && feedback.errors.contains("no service runs on \(home.path)"))
        }
    }
}
