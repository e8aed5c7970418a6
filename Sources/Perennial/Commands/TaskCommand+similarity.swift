import ArgumentParser
import Dashboards
import Foundation
import Schema

extension TaskCommand {
    struct Similarity: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "How alike the texts of tasks are to the base model, the most alike first.",
            discussion: """
                Held-out and waiting texts are compared, at most \(SimilarityReport.textsPerTask) of each task: 1 means \
                as alike as texts of one task, 0 nothing in common.
                """)
        @OptionGroup var options: GlobalOptions
        @OptionGroup var service: ServiceOptions
        @Argument(help: "Only what this task is compared with.") var name: String?

        func run() async throws {
            let name = try name.map { try TaskName($0) }
            let report = try await withClient(options, service, needsModel: true) { client in
                if let name { _ = try await client.task(name) }
                return try await client.similarity()
            }
            if options.json { return try JSON.print(report) }
            let pairs = report.pairs(with: name)
            guard !pairs.isEmpty else { return Console.line("there are no two tasks to compare") }
            var table = TextTable([
                TextTable.Column("similarity", alignsRight: true), TextTable.Column("task"),
                TextTable.Column("and"),
            ])
            for pair in pairs {
                let value = pair.similarity.map { String(format: "%.3f", $0) } ?? "–"
                table.append([value, pair.first.rawValue, pair.second.rawValue])
            }
            Console.output(table.text(width: max(Console.size.columns, 80)))
            let few = report.tasks.filter { $0.texts < 2 }.map { "\($0.task) (\($0.texts))" }
            if !few.isEmpty { Console.line("too few texts to compare: \(few.joined(separator: ", "))") }
        }
    }
}
