import ArgumentParser
import Dashboards
import Foundation
import Schema

struct DriftCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "drift",
        abstract: "Whether queries and arriving examples still resemble what the serving adapter learned.")
    @OptionGroup var options: GlobalOptions
    @OptionGroup var service: ServiceOptions
    @Argument(help: "Tasks; all of them without any.") var tasks: [String] = []
    @Flag(help: "Print CSV: a line for each statistic.") var csv = false

    func validate() throws {
        if csv, options.json { throw ValidationError("--csv and --json exclude each other") }
    }

    func run() async throws {
        let named = try tasks.map { try TaskName($0) }
        let reports = try await withClient(options, service) { client in
            var reports: [DriftReport] = []
            for task in try await client.names(named) { reports.append(try await client.drift(task)) }
            return reports
        }
        if options.json {
            return named.count == 1 ? try JSON.print(reports[0]) : try JSON.print(ObjectList(data: reports))
        }
        if csv { return CSV.print(Self.columns, reports.flatMap(Self.rows)) }
        Console.output(reports.map(Self.text).joined(separator: "\n"))
    }

    private static let columns = [
        "task", "kind", "statistic", "level", "value", "threshold", "p_value", "reference", "current", "minimum", "from",
        "to", "since",
    ]

    private static func rows(_ report: DriftReport) -> [[String]] {
        report.verdicts.map { verdict in
            [
                report.task.rawValue, verdict.kind.rawValue, verdict.statistic, verdict.level.rawValue,
                CSV.number(verdict.value), CSV.number(verdict.threshold), CSV.number(verdict.pValue),
                "\(verdict.samples.reference)", "\(verdict.samples.current)", "\(verdict.samples.minimum)",
                verdict.window?.from.description ?? "", verdict.window?.to.description ?? "",
                verdict.since?.description ?? "",
            ]
        }
    }

    private static func text(_ report: DriftReport) -> String {
        let adapter = report.adapter.map { "compared with \($0)" } ?? "no adapter to compare with yet"
        var lines = ["\(report.task): \(report.level.rawValue), \(adapter)"]
        for verdict in report.verdicts.sorted(by: { $0.level > $1.level }) {
            lines.append(
                [
                    padded(DriftWords.level(verdict), 8), padded(DriftWords.name(verdict.kind), 15),
                    padded(DriftWords.evidence(verdict), 42), DriftWords.samples(verdict.samples),
                ].joined(separator: " "))
            if verdict.level >= .watch {
                let since = verdict.since.map { "since \($0): " } ?? ""
                lines.append("         " + since + verdict.advice)
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
