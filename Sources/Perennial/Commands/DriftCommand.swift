import ArgumentParser
import Foundation
import Schema

struct DriftCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "drift",
        abstract: "Whether queries and arriving examples still resemble what the serving adapter learned.")
    @OptionGroup var options: GlobalOptions
    @OptionGroup var service: ServiceOptions
    @Argument var task: String

    func run() async throws {
        let task = try TaskName(task)
        try await withClient(options, service) { client in
            let report = try await client.drift(task)
            if options.json { return try JSON.print(report) }
            Console.output(Self.text(report))
        }
    }

    private static func text(_ report: DriftReport) -> String {
        var lines = ["\(report.task): \(report.level.rawValue), compared with \(report.adapter ?? "no adapter yet")"]
        for verdict in report.verdicts.sorted(by: { $0.level > $1.level }) {
            let value = verdict.value.map { String(format: "%8.3g", $0) } ?? "       –"
            let threshold = verdict.threshold.map { String(format: "%.3g", $0) } ?? "–"
            let pValue = verdict.pValue.map { String(format: "p %.2g", $0) } ?? ""
            lines.append(
                [
                    padded(verdict.level.rawValue, 12), padded(verdict.kind.rawValue, 14),
                    padded(verdict.statistic, 12), value, "  of " + padded(threshold, 6), padded(pValue, 9),
                    "n \(verdict.samples.current)/\(verdict.samples.reference)",
                ].joined(separator: " "))
            if verdict.level >= .watch {
                let since = verdict.since.map { "since \($0): " } ?? ""
                lines.append("             " + since + verdict.advice)
            }
        }
        for event in report.events.prefix(10) {
            let action = event.action.map { " (\($0)\(event.update.map { " \($0)" } ?? ""))" } ?? ""
            lines.append("\(event.time)  \(event.message)\(action)")
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private static func padded(_ text: String, _ width: Int) -> String {
        text.padding(toLength: max(width, text.count), withPad: " ", startingAt: 0)
    }
}
