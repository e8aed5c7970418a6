import ArgumentParser
import Evaluation
import Foundation
import Pipeline
import Replay
import Schema
import Store

struct ReplayCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "replay", abstract: "What the replay memory holds, and what it costs in bytes.",
        subcommands: [Stats.self, Sample.self])

    struct Stats: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Exemplars and bytes, by label.")
        @OptionGroup var options: GlobalOptions
        @Argument var task: String

        func run() async throws {
            let loaded = try await load(task, options)
            let statistics = loaded.memory.statistics()
            if options.json { return try JSON.print(ReplayStatisticsAnswer(task: task, statistics, loaded.damages)) }
            let ratio = statistics.storedBytes > 0 ? Double(statistics.textBytes) / Double(statistics.storedBytes) : 0
            Console.line(
                "\(counted(statistics.exemplars, "exemplar")) of \(statistics.offered) offered, \(statistics.storedBytes) bytes on disk for \(statistics.textBytes) bytes of text (\(String(format: "%.1f", ratio))×)"
            )
            for label in statistics.labels {
                Console.line("  \(String(label.exemplars).leftPadded(6))  \(label.name)")
            }
            loaded.damages.forEach { Console.error("damaged: \($0)") }
        }
    }

    struct Sample: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Some exemplars, drawn at random.")
        @OptionGroup var options: GlobalOptions
        @Argument var task: String
        @Option(help: "How many; at most all that are held.") var count = 10
        @Flag(help: "Every label equally often.") var stratified = false

        func run() async throws {
            guard count > 0 else { throw CommandFailure("--count must be at least 1", .usage) }
            let memory = try await load(task, options).memory
            var generator = SystemRandomNumberGenerator()
            let drawn = try memory.draw(
                min(count, memory.count), sampling: stratified ? .stratified : .uniform, using: &generator)
            if options.json { return try JSON.print(drawn.map(ExemplarAnswer.init)) }
            for exemplar in drawn { Console.line("\(exemplar.label)\t\(exemplar.text)") }
        }
    }

    fileprivate static func load(_ task: String, _ options: GlobalOptions) async throws -> ReplayFiles.Loaded {
        let task = try TaskName(task)
        try options.requireHome()
        let store = try Store(home: Home(root: options.homeDirectory))
        defer { try? store.close() }
        let recipe = try RecipeLibrary(home: options.homeDirectory).recipe(
            named: try await store.task(task).update.recipe)
        let state = try await store.champion(task)?.replay ?? ReplayState()
        return try ReplayFiles(home: store.home).load(state, recipe: recipe)
    }
}

private struct ReplayStatisticsAnswer: Encodable {
    var task: String
    var examples: Int
    var offered: Int
    var stored_bytes: Int
    var text_bytes: Int
    var dictionary_bytes: Int
    var blocks: Int
    var labels: [String: Int]
    var damages: [String]

    init(task: String, _ statistics: ReplayStatistics, _ damages: [Damage]) {
        self.task = task
        examples = statistics.exemplars
        offered = statistics.offered
        stored_bytes = statistics.storedBytes
        text_bytes = statistics.textBytes
        dictionary_bytes = statistics.dictionaryBytes
        blocks = statistics.blocks
        labels = Dictionary(statistics.labels.map { ($0.name, $0.exemplars) }, uniquingKeysWith: { $1 })
        self.damages = damages.map { "\($0)" }
    }
}

private struct ExemplarAnswer: Encodable {
    var text: String
    var label: String
    var experience: Int
    var sequence: Int64

    init(_ exemplar: Exemplar) {
        text = exemplar.text
        label = exemplar.label
        experience = exemplar.experience
        sequence = exemplar.sequence
    }
}

extension String {
    func leftPadded(_ width: Int) -> String { String(repeating: " ", count: max(0, width - count)) + self }
}
