import ArgumentParser
import Dashboards
import Evaluation
import Foundation
import Schema
import Store

struct TaskCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "task", abstract: "Create, list, show, compare and delete tasks.",
        subcommands: [Create.self, List.self, Show.self, Similarity.self, Release.self, Delete.self])

    struct Create: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Create a task, or change it.")
        @OptionGroup var options: GlobalOptions
        @OptionGroup var service: ServiceOptions
        @Argument(help: "Name: a-z, 0-9, '.', '_', '-'.") var name: String
        @Option(help: "What the task is for.") var description: String?
        @Option(help: "Labels known beforehand, separated by commas, or one at a time; others join as they arrive.")
        var labels: [String] = []
        @Option(help: "Name of an adapter that tasks share, each with a head of its own; for a new task only.")
        var adapter: String?
        @Option(help: "Update once this many new examples wait.") var minExamples: Int?
        @Option(help: "… or when the oldest has waited this many seconds …") var maxWaitSeconds: Double?
        @Option(help: "… and at least this many wait.") var minExamplesAfterWait: Int?
        @Option(help: "Share held out for evaluation, 0 to 0.5.") var holdout: Double?
        @Option(help: "What becomes of learned text: inbox (dropped) or keep.") var retention: Retention?
        @Option(help: "Learning recipe.") var recipe: String?
        @Option(help: "What its first adapter begins as: fresh, or similar (as that of the most similar task).")
        var start: AdapterStart?
        @Option(help: "What a confirmed drift does: warn, update, or replay (raise the replay share).")
        var onDrift: DriftAction?

        func validate() throws {
            try OptionRange.require("--min-examples", minExamples, 1...1_000_000)
            try OptionRange.require("--max-wait-seconds", maxWaitSeconds, 0...31_536_000)
            try OptionRange.require("--min-examples-after-wait", minExamplesAfterWait, 1...1_000_000)
            try OptionRange.require("--holdout", holdout, OptionRange.holdouts)
        }

        func run() async throws {
            let name = try TaskName(name)
            if let recipe { try check(recipe: recipe) }
            let body = Body(
                kind: "classify",
                labels: labels.isEmpty ? nil : labels.flatMap(Self.labels(in:)),
                description: description, adapter: adapter,
                update: Body.Policy(
                    min_examples: minExamples, max_wait_seconds: maxWaitSeconds,
                    min_examples_after_wait: minExamplesAfterWait, holdout: holdout, retention: retention?.rawValue,
                    recipe: recipe, start: start?.rawValue, on_drift: onDrift?.rawValue))
            try await withClient(options, service, makesHome: true) { client in
                let answer = try await client.putTask(name, body)
                if options.json {
                    JSON.printAnswer(answer)
                } else {
                    Console.line("task \(name) is ready; stream examples with: perennial ingest FILE --task \(name)")
                }
            }
        }

        private static func labels(in list: String) -> [String] {
            list.split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) }
        }

        private func check(recipe: String) throws {
            let library = RecipeLibrary(home: options.homeDirectory)
            guard library.names.contains(recipe) else {
                throw CommandFailure(
                    "--recipe must be one of \(library.names.joined(separator: ", ")), not \(recipe)", .usage)
            }
            _ = try library.recipe(named: recipe)
        }

        private struct Body: Encodable {
            var kind: String
            var labels: [String]?
            var description: String?
            var adapter: String?
            var update: Policy?
            struct Policy: Encodable {
                var min_examples: Int?
                var max_wait_seconds: Double?
                var min_examples_after_wait: Int?
                var holdout: Double?
                var retention: String?
                var recipe: String?
                var start: String?
                var on_drift: String?
            }
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List the tasks.")
        @OptionGroup var options: GlobalOptions
        @OptionGroup var service: ServiceOptions

        func run() async throws {
            try await withClient(options, service) { client in
                let answer = try await client.tasks()
                if options.json { return JSON.printAnswer(answer) }
                let tasks = try client.decode(ObjectList<LearningTask>.self, from: answer).data
                if tasks.isEmpty { return Console.line("no tasks yet; create one with: perennial task create NAME") }
                for task in tasks {
                    let purpose = task.description.map { "  \($0.printable)" } ?? ""
                    Console.line("\(task.name)  \(counted(task.labels.count, "label"))\(purpose)")
                }
            }
        }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Show one task.")
        @OptionGroup var options: GlobalOptions
        @OptionGroup var service: ServiceOptions
        @Argument var name: String

        func run() async throws {
            let name = try TaskName(name)
            try await withClient(options, service) { client in
                let answer = try await client.task(name)
                if options.json { return JSON.printAnswer(answer) }
                let task = try client.decode(LearningTask.self, from: answer)
                let policy = task.update
                Console.line("task        \(task.name) (\(task.kind.rawValue))")
                if let description = task.description { Console.line("            \(description.printable)") }
                let labels = task.labels.isEmpty ? "none yet" : task.labels.joined(separator: ", ").printable
                Console.line("labels      \(labels)")
                Console.line(
                    "updates     at \(counted(policy.minimumExamples, "new example")), or after \(policy.maximumWaitSeconds) s with \(policy.minimumExamplesAfterWait)"
                )
                if let sharing = task.sharing {
                    let others = sharing.tasks.filter { $0 != task.name }.map(\.rawValue)
                    let with = others.isEmpty ? "no other task yet" : others.joined(separator: ", ")
                    Console.line("adapter     \(sharing.adapter), shared with \(with)")
                }
                Console.line("held out    \(Int((policy.holdout * 100).rounded())) % of each label")
                Console.line("recipe      \(policy.recipe); learned text: \(policy.retention.rawValue)")
                if let pending = try client.decode(Waiting.self, from: answer).pending {
                    Console.line(
                        "waiting     \(pending.training) to learn, \(pending.heldOut) to hold out, \(pending.parked) parked"
                            + (pending.parked > 0 ? "; give those another try: perennial task release \(name)" : ""))
                    if pending.quarantined > 0 {
                        Console.line(
                            "quarantine  \(pending.quarantined) with doubted labels: perennial quarantine list \(name)")
                    }
                }
                for version in try await client.adapters(name) where version.state == .champion {
                    Console.line("champion    \(version.version) \(version.digest)")
                }
            }
        }
    }

    private struct Waiting: Decodable { var pending: PendingExamples? }

    struct Release: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Give examples that were parked after three rejected or failed updates another try.")
        @OptionGroup var options: GlobalOptions
        @OptionGroup var service: ServiceOptions
        @Argument var name: String

        func run() async throws {
            let name = try TaskName(name)
            try await withClient(options, service) { client in
                let answer = try await client.release(name)
                if options.json { return JSON.printAnswer(answer) }
                let count = try client.decode([String: Int].self, from: answer).values.first ?? 0
                let verb = count == 1 ? "joins" : "join"
                Console.line(
                    count == 0
                        ? "no example of \(name) is parked"
                        : "\(counted(count, "parked example")) of \(name) \(verb) the next update")
            }
        }
    }

    struct Delete: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Delete a task with its examples, memory and adapters.")
        @OptionGroup var options: GlobalOptions
        @OptionGroup var service: ServiceOptions
        @Argument var name: String
        @Flag(help: "Do not ask.") var yes = false

        func run() async throws {
            let name = try TaskName(name)
            if !yes {
                guard Console.isInputTerminal else {
                    throw CommandFailure("deleting \(name) cannot be undone; say --yes", .usage)
                }
                Console.errorOutput("Delete task \(name) with everything it learned? [y/N] ")
                guard readLine()?.lowercased() == "y" else { throw CommandFailure("nothing was deleted") }
            }
            try await withClient(options, service) { client in
                try await client.deleteTask(name)
                if options.json { try JSON.print(["deleted": name.rawValue]) } else { Console.line("deleted \(name)") }
            }
        }
    }
}

extension Retention: ExpressibleByArgument {}
extension AdapterStart: ExpressibleByArgument {}
extension DriftAction: ExpressibleByArgument {}
