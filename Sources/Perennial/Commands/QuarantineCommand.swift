import ArgumentParser
import Dashboards
import Evaluation
import Foundation
import Schema

struct QuarantineCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "quarantine", abstract: "Examples whose labels are doubted: list them, release or drop them.",
        subcommands: [List.self, Release.self, Drop.self])

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "What is set aside, newest first.")
        @OptionGroup var options: GlobalOptions
        @OptionGroup var service: ServiceOptions
        @Argument var task: String
        @Option(help: "How many at most, 1 to 1000.") var limit = 100

        func validate() throws {
            guard (1...1_000).contains(limit) else { throw ValidationError("--limit must be 1 to 1000") }
        }

        func run() async throws {
            let task = try TaskName(task)
            try await withClient(options, service) { client in
                let examples = try await client.quarantine(task, limit: limit)
                if options.json { return try JSON.print(examples) }
                guard !examples.isEmpty else { return Console.line("nothing of \(task) is in quarantine") }
                Console.output(Self.text(examples))
            }
        }

        /// A line of numbers for each example, and its whole text under it: that is what is to be judged.
        private static func text(_ examples: [QuarantinedExample]) -> String {
            var table = TextTable([
                TextTable.Column("example", alignsRight: true), TextTable.Column("label"),
                TextTable.Column("rather"), TextTable.Column("loss", alignsRight: true),
                TextTable.Column("neighbours against", alignsRight: true),
            ])
            for example in examples {
                table.append([
                    "\(example.sequence)", example.label, example.suspicion.suggested,
                    String(format: "%.1f", example.suspicion.loss),
                    String(format: "%.0f %%", example.suspicion.disagreement * 100),
                ])
            }
            let lines = table.text(width: .max).split(separator: "\n")
            let entries = zip(lines.dropFirst(), examples).map { line, example in
                let source = example.source.map { " (from \($0))" } ?? ""
                return "\(line)\n    \((example.text + source).printable)\n"
            }
            return "\(lines[0])\n" + entries.joined()
        }
    }

    struct Release: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Let examples join the next update as they are.")
        @OptionGroup var options: GlobalOptions
        @OptionGroup var service: ServiceOptions
        @OptionGroup var selection: Selection

        func run() async throws {
            try await selection.decide("release", options, service) { "\($0 == 1 ? "joins" : "join") the next update" }
        }
    }

    struct Drop: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Drop examples; sent again, they are duplicates.")
        @OptionGroup var options: GlobalOptions
        @OptionGroup var service: ServiceOptions
        @OptionGroup var selection: Selection

        func run() async throws {
            try await selection.decide("drop", options, service) { "\($0 == 1 ? "is" : "are") dropped" }
        }
    }

    struct Selection: ParsableArguments {
        @Argument var task: String
        @Argument(help: "Numbers of the examples, as listed.") var examples: [Int64] = []
        @Flag(help: "All of them.") var all = false

        func validate() throws {
            guard all != !examples.isEmpty else {
                throw ValidationError("name the examples by their numbers, or say --all")
            }
        }

        func decide(
            _ decision: String, _ options: GlobalOptions, _ service: ServiceOptions,
            words: @escaping @Sendable (_ count: Int) -> String
        ) async throws {
            let task = try TaskName(task)
            let body = all ? QuarantineBody(all: true) : QuarantineBody(sequences: examples)
            try await withClient(options, service) { client in
                let answer = try await client.decide(decision, task, body)
                if options.json { return JSON.printAnswer(answer) }
                let count = try client.decode([String: Int].self, from: answer).values.first ?? 0
                Console.line("\(counted(count, "example")) of \(task) \(words(count))")
            }
        }
    }
}
