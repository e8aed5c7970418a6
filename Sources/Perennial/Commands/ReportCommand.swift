import ArgumentParser
import Dashboards
import Foundation
import Schema

struct ReportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "report", abstract: "All that is known of tasks: forgetting, drift, labels, replay, updates.",
        discussion: "--html writes one page that needs no network: charts with their numbers, light, dark and in print."
    )
    @OptionGroup var options: GlobalOptions
    @OptionGroup var service: ServiceOptions
    @Argument(help: "Tasks; all of them without any.") var tasks: [String] = []
    @Option(help: "Write an HTML page to this file; - is standard output.") var html: String?
    @Flag(help: "Print CSV: a line for each number.") var csv = false

    func validate() throws {
        let forms = [csv, options.json, html != nil].count { $0 }
        if forms > 1 { throw ValidationError("--csv, --json and --html exclude each other") }
    }

    func run() async throws {
        let named = try tasks.map { try TaskName($0) }
        let (overview, reports) = try await withClient(options, service) { client in
            var reports: [TaskReport] = []
            for task in try await client.names(named) { reports.append(try await client.report(task)) }
            return (try await client.overview(), reports)
        }
        if options.json {
            return named.count == 1 ? try JSON.print(reports[0]) : try JSON.print(ObjectList(data: reports))
        }
        if csv { return CSV.print(["task", "section", "name", "value"], reports.flatMap(\.numbers)) }
        if let html {
            let page = ReportPage(overview: named.isEmpty ? overview : nil, reports: reports).html()
            return try write(page, to: html, count: reports.count)
        }
        let (width, color) = (Console.size.columns, Console.wantsColor)
        Console.output(reports.map { TaskText.text($0, width: width, color: color) }.joined(separator: "\n"))
    }

    private func write(_ page: String, to path: String, count: Int) throws {
        guard path != "-" else { return Console.output(page) }
        do {
            try Data(page.utf8).write(to: URL(filePath: path), options: .atomic)
        } catch {
            throw CommandFailure("\(path) cannot be written: \(error.localizedDescription)", .cannotWrite)
        }
        if !options.quiet {
            Console.line("\(path): \(count) \(count == 1 ? "task" : "tasks"), \(page.utf8.count) bytes")
        }
    }
}

extension TaskReport {
    /// Every number, as task, section, name and value.
    fileprivate var numbers: [[String]] {
        var rows: [[String]] = []
        func add(_ section: String, _ name: String, _ value: Double?) {
            if let value { rows.append([task.name.rawValue, section, name, CSV.number(value)]) }
        }
        add("metric", "average_accuracy", forgetting.averageAccuracy)
        add("metric", "forgetting", forgetting.forgetting)
        add("metric", "backward_transfer", forgetting.backwardTransfer)
        add("metric", "forward_transfer", forgetting.forwardTransfer)
        add("metric", "plasticity", forgetting.plasticity)
        add("metric", "min_accuracy", forgetting.minimumAccuracy)
        add("metric", "average_anytime_accuracy", forgetting.averageAnytimeAccuracy)
        add("metric", "calibration_error", evaluation?.calibrationError)
        for version in versions { add("accuracy", version.version, version.metrics.accuracy) }
        for label in evaluation?.labels ?? [] { add("label_accuracy", label.label, label.accuracy) }
        for pair in evaluation?.confusions ?? [] {
            add("confusion", "\(pair.expected) → \(pair.predicted)", Double(pair.count))
        }
        for verdict in drift?.verdicts ?? [] {
            add("drift", "\(verdict.kind.rawValue)/\(verdict.statistic)", verdict.value)
        }
        for label in replay?.labels ?? [] { add("exemplars", label.label, Double(label.exemplars)) }
        add("replay", "stored_bytes", (replay?.storedBytes).map { Double($0) })
        add("replay", "text_bytes", (replay?.textBytes).map { Double($0) })
        return rows
    }
}
