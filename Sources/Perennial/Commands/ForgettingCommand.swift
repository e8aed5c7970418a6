import ArgumentParser
import Dashboards
import Foundation
import Schema

struct ForgettingCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "forgetting", abstract: "What was learned, kept and lost: the accuracy matrix as a heatmap.")
    @OptionGroup var options: GlobalOptions
    @OptionGroup var service: ServiceOptions
    @Argument var task: String

    func run() async throws {
        let task = try TaskName(task)
        try await withClient(options, service) { client in
            let report = try await client.forgetting(task)
            if options.json { return try JSON.print(report) }
            Console.output(ForgettingHeatmap.text(report, width: Console.size.columns, color: Console.wantsColor))
        }
    }
}
