import ArgumentParser
import Foundation
import Schema

struct UpdateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "update", abstract: "Ask for an update now, and follow it.")
    @OptionGroup var options: GlobalOptions
    @OptionGroup var service: ServiceOptions
    @Argument(help: "Task to update.") var task: String
    @Flag(help: "Wait until it has ended; exit 1 unless it was promoted.") var wait = false

    func run() async throws {
        let task = try TaskName(task)
        try await withClient(options, service) { client in
            var update = try await client.requestUpdate(task)
            guard wait else {
                if options.json { return try JSON.print(update) }
                return Console.line("update \(update.id) is \(update.status.rawValue)")
            }
            if service.url == nil { try options.requireTrainer() }
            update = try await follow(update, client: client, quiet: options.hidesProgress) {
                if service.url == nil { try options.requireTrainer() }
            }
            if options.json { try JSON.print(update) } else { Console.line(Self.summary(update)) }
            if update.status != .promoted { throw ExitCode(ExitStatus.failed.rawValue) }
        }
    }

    static func summary(_ update: Update) -> String {
        let counts = "\(update.examples.new) new, \(update.examples.replayed) replayed"
        let reason = update.verdict.map { ": \($0.summary)" } ?? update.error.map { ": \($0)" } ?? ""
        let version = update.adapter.map { " as \($0.version)" } ?? ""
        return "update \(update.id) \(update.status.rawValue)\(version) (\(counts))\(reason)"
    }
}

/// Polls an update until it has ended, drawing its progress.
///
/// - Parameter check: called while it waits in the queue; throws when nobody will ever take it up.
func follow(
    _ update: Update, client: ServiceClient, quiet: Bool, check: () throws -> Void
) async throws -> Update {
    let line = ProgressLine("update \(update.id)", quiet: quiet)
    var update = update
    while !update.status.isFinal {
        line.update(update.progress, update.status.rawValue)
        if update.status == .queued { try check() }
        try await Task.sleep(for: .milliseconds(150))
        update = try await client.update(update.id)
    }
    line.finish(update.status.rawValue)
    return update
}
