import ArgumentParser
import CProcess
import Foundation
import Tensors

@main
struct Perennial: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "perennial",
        abstract: "Learns from labelled examples while it serves, and forgets nothing.",
        discussion: """
            Stream labelled text in, query the endpoint the whole time, watch forgetting from the terminal.
            Start with `perennial model pull`, then `perennial serve`.
            Every command takes --home DIR, --config FILE, --json, --quiet and --verbose, before its name or behind it.
            """,
        version: Build.version,
        subcommands: [
            ServeCommand.self, WorkCommand.self, TaskCommand.self, IngestCommand.self, PredictCommand.self,
            UpdateCommand.self, AdapterCommand.self, ReplayCommand.self, ForgettingCommand.self, DriftCommand.self,
            QuarantineCommand.self,
            FeedbackCommand.self, ReportCommand.self, DashboardCommand.self, ModelCommand.self, TokenizeCommand.self,
            EmbedCommand.self, BenchCommand.self,
            DoctorCommand.self,
        ])

    @MainActor
    static func main() async {
        signal(SIGPIPE, SIG_IGN)
        process_keep_memory_small()
        do {
            var command = try parseAsRoot(GlobalArguments.moved(Array(CommandLine.arguments.dropFirst())))
            try KernelSet.requireChoice()
            if let work = command as? WorkCommand { work.prepare() }
            if var asynchronous = command as? any AsyncParsableCommand {
                try await asynchronous.run()
            } else {
                try command.run()
            }
        } catch {
            let failure = CommandFailure(error)
            guard failure.isOurs else { exit(withError: error) }
            Console.error("perennial: \(failure.message)")
            Glibc.exit(failure.exitCode.rawValue)
        }
    }
}

enum Build {
    static let version = "0.1.0"
}
