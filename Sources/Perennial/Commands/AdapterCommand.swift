import Adapters
import ArgumentParser
import Foundation
import Pipeline
import Schema
import Store

struct AdapterCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "adapter",
        abstract: "Versions of a task's adapter: list, show, promote, roll back, export, import.",
        subcommands: [List.self, Show.self, Promote.self, Rollback.self, Export.self, Import.self])

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List the versions, oldest first.")
        @OptionGroup var options: GlobalOptions
        @OptionGroup var service: ServiceOptions
        @Argument var task: String

        func run() async throws {
            let task = try TaskName(task)
            try await withClient(options, service) { client in
                let versions = try await client.adapters(task)
                if options.json { return try JSON.print(ObjectList(data: versions)) }
                if versions.isEmpty { return Console.line("no versions yet; the first update makes v1") }
                for version in versions { Console.line(AdapterCommand.row(version)) }
            }
        }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "One version with its lineage.")
        @OptionGroup var options: GlobalOptions
        @Argument var task: String
        @Argument(help: "champion, v3 or sha256:…") var version = "champion"

        func run() async throws {
            let task = try TaskName(task)
            try options.requireHome()
            let store = try Store(home: Home(root: options.homeDirectory))
            defer { try? store.close() }
            let found = try await store.version(task, AdapterSelector(version))
            let (labels, lineage) = try AdapterFiles.origin(in: store.home.adapter(found.digest))
            if options.json { return try JSON.print(Answer(version: found, lineage: lineage, labels: labels)) }
            Console.line(AdapterCommand.row(found))
            Console.line("labels   \(labels.joined(separator: ", "))")
            Console.line("base     \(lineage.base.name) \(lineage.base.digest)")
            if let parent = lineage.parent { Console.line("parent   \(parent)") }
            if let range = lineage.ledger { Console.line("learned  ledger \(range.first) to \(range.last)") }
            if let replay = lineage.replayGeneration { Console.line("replay   \(replay)") }
            Console.line("recipe   \(lineage.recipe.name), seed \(lineage.recipe.seed)")
        }

        private struct Answer: Encodable {
            var version: AdapterVersion
            var lineage: AdapterLineage
            var labels: [String]
        }
    }

    struct Promote: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Let another version answer.")
        @OptionGroup var options: GlobalOptions
        @OptionGroup var service: ServiceOptions
        @Argument var task: String
        @Argument(help: "Version, such as v3.") var version: String
        @Flag(help: "Also one that the gate rejected.") var force = false

        func run() async throws {
            let task = try TaskName(task)
            _ = try AdapterSelector(version)
            try await withClient(options, service) { client in
                let promoted = try await client.promote(version, task: task, force: force)
                AdapterCommand.report(promoted, task, json: options.json)
            }
        }
    }

    struct Rollback: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Let the version that served before answer again.")
        @OptionGroup var options: GlobalOptions
        @OptionGroup var service: ServiceOptions
        @Argument var task: String

        func run() async throws {
            let task = try TaskName(task)
            try await withClient(options, service) { client in
                AdapterCommand.report(try await client.rollback(task), task, json: options.json)
            }
        }
    }

    struct Export: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Write a version to a directory that Hugging Face PEFT loads unchanged.",
            discussion: """
                The analytic head that the version answers with, if it has one, lies beside the adapter: `import` takes both \
                in, PEFT knows the adapter alone.
                """)
        @OptionGroup var options: GlobalOptions
        @Argument var task: String
        @Argument(help: "Directory to make.") var directory: String
        @Option(help: "champion, v3 or sha256:…") var version = "champion"

        func run() async throws {
            let task = try TaskName(task)
            try options.requireHome()
            try CommandFailure.requireNew(directory)
            let store = try Store(home: Home(root: options.homeDirectory))
            defer { try? store.close() }
            let found = try await store.version(task, AdapterSelector(version))
            let files = try AdapterStore(directory: store.home.adapters).files(of: ContentDigest(found.digest))
            let analytic = try await store.analytic(task, version: found.version).map {
                try AnalyticExport($0, of: store.home)
            }
            try files.export(to: URL(filePath: directory), with: analytic)
            let head = (analytic?.generation.blend ?? .adapterAlone).head
            if options.json {
                return try JSON.print([
                    "version": found.version, "digest": found.digest, "directory": directory, "head": head.rawValue,
                ])
            }
            Console.line("\(found.version) of \(task) is in \(directory)")
            guard head != .adapter else { return }
            Console.line(
                "it answers by its analytic head\(head == .blend ? " and its adapter" : ""), which `perennial adapter import` "
                    + "takes in; PEFT knows the adapter alone")
        }
    }

    struct Import: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Take an exported version in, as a new version of a task. Promote it to let it answer.")
        @OptionGroup var options: GlobalOptions
        @Argument var task: String
        @Argument(help: "Directory made by export.") var directory: String

        func run() async throws {
            let task = try TaskName(task)
            // A home that is made here would have no task to import into.
            try options.requireHome()
            let configuration = try options.serviceConfiguration()
            let location = try ModelLocation(options).directory(of: configuration.model)
            let base = try BaseModel.lineage(of: location)
            let exported = try AdapterFiles(contentsOf: URL(filePath: directory))
            let found = try exported.lineage().base
            guard found.digest == base.digest else {
                throw CommandFailure(
                    "\(directory) was made for the base model \(found.name), \(found.digest), not for \(base.name), "
                        + "\(base.digest); import it where that model is served", .badData)
            }
            let model = try BaseModel(location, packing: false)
            let imported = try ImportedVersion(
                exported, in: URL(filePath: directory), base: base.digest, encoder: model.encoder,
                tokenizer: model.tokenizer)
            let (files, analytic) = (imported.files, imported.analytic)
            let store = try Store(home: Home(root: options.homeDirectory))
            defer { try? store.close() }
            try await store.requireTask(task)
            let digest = try AdapterStore(directory: store.home.adapters).save(files)
            try analytic?.save(in: store.home)
            let version = try await store.importVersion(
                task, digest: digest.description, metrics: AdapterVersion.Metrics(), analytic: analytic?.generation)
            // Another process may have removed the same files, with the last version that named them, just before.
            try AdapterStore(directory: store.home.adapters).save(files)
            try analytic?.save(in: store.home)
            if options.json { return try JSON.print(version) }
            Console.line(
                "\(version.version) of \(task) is here; let it answer with: perennial adapter promote \(task) \(version.version)"
            )
        }
    }

    fileprivate static func row(_ version: AdapterVersion) -> String {
        let accuracy = version.metrics.accuracy.map {
            String(format: "%.1f %% of %d held out", $0 * 100, version.metrics.examples)
        }
        let mark = version.state == .champion ? "*" : " "
        let columns = [
            "\(mark) \(version.version)", version.state.rawValue, accuracy ?? "not judged",
            String(version.digest.prefix(19)), version.createdAt.description,
        ]
        return zip(columns, [7, 9, 26, 20, 24]).map {
            $0.padding(toLength: max($1, $0.count), withPad: " ", startingAt: 0)
        }
        .joined(separator: " ").trimmingCharacters(in: .whitespaces.subtracting(CharacterSet(charactersIn: "*")))
    }

    fileprivate static func report(_ version: AdapterVersion, _ task: TaskName, json: Bool) {
        if json {
            try? JSON.print(version)
        } else {
            Console.line("\(task) is answered by \(version.version) (\(version.digest.prefix(19))…) now")
        }
    }
}
