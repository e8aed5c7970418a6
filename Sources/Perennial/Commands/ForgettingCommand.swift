import ArgumentParser
import Dashboards
import Evaluation
import Foundation
import Schema

struct ForgettingCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "forgetting", abstract: "What was learned, kept and lost: the accuracy matrix as a heatmap.",
        discussion: """
            --matrix works out the same metrics for a matrix that anyone wrote: CSV with a row for each update and a \
            column for each slice, accuracies from 0 to 1 or in percent, cells that are not known left empty.
            """)
    @OptionGroup var options: GlobalOptions
    @OptionGroup var service: ServiceOptions
    @Argument(help: "Tasks; all of them without any.") var tasks: [String] = []
    @Flag(help: "Print CSV: a line for each version and experience.") var csv = false
    @Option(help: "Read the accuracy matrix from this CSV file; - is standard input.") var matrix: String?

    func validate() throws {
        if csv, options.json { throw ValidationError("--csv and --json exclude each other") }
        if matrix != nil, !tasks.isEmpty { throw ValidationError("--matrix takes no task") }
    }

    func run() async throws {
        if let matrix { return try show([Self.report(matrix)], isList: false) }
        let named = try tasks.map { try TaskName($0) }
        let reports = try await withClient(options, service) { client in
            var reports: [ForgettingReport] = []
            for task in try await client.names(named) { reports.append(try await client.forgetting(task)) }
            return reports
        }
        try show(reports, isList: named.count != 1)
    }

    private func show(_ reports: [ForgettingReport], isList: Bool) throws {
        if options.json {
            return isList ? try JSON.print(ObjectList(data: reports)) : try reports.forEach { try JSON.print($0) }
        }
        if csv { return CSV.print(["task", "version", "experience", "held_out", "accuracy"], reports.flatMap(rows)) }
        let (width, color) = (Console.size.columns, Console.wantsColor)
        Console.output(
            reports.map { ForgettingHeatmap.text($0, width: width, color: color) }.joined(separator: "\n"))
    }

    private func rows(_ report: ForgettingReport) -> [[String]] {
        zip(report.versions, report.accuracy).flatMap { version, values in
            zip(report.slices, values).compactMap { slice, value in
                value.map {
                    [report.task.rawValue, version, "\(slice.experience)", "\(slice.holdout)", CSV.number($0)]
                }
            }
        }
    }

    private static func report(_ path: String) throws -> ForgettingReport {
        let data: Data
        do {
            data =
                path == "-"
                ? try FileHandle.standardInput.readToEnd() ?? Data() : try Data(contentsOf: URL(filePath: path))
        } catch {
            throw CommandFailure("\(path) cannot be read: \(error.localizedDescription)", .badData)
        }
        do {
            return try MatrixFile(csv: String(decoding: data, as: UTF8.self)).report(task: TaskName("matrix"))
        } catch let fault as MatrixFile.Fault {
            throw CommandFailure("\(path): \(fault)", .badData)
        }
    }
}

extension ServiceClient {
    /// The named tasks, or all there are.
    func names(_ named: [TaskName]) async throws -> [TaskName] {
        guard named.isEmpty else { return named }
        return try decode(ObjectList<LearningTask>.self, from: try await tasks()).data.map(\.name)
    }
}
