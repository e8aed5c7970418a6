import ArgumentParser
import Foundation
import Schema

struct IngestCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ingest", abstract: "Stream labelled examples in, from files or standard input.",
        discussion: """
            JSON lines {"text","label","id"?,"source"?,"timestamp"?}, or CSV with a header row (.csv, or --csv).
            What was acknowledged is durable; running it again only counts duplicates.
            """)
    @OptionGroup var options: GlobalOptions
    @OptionGroup var service: ServiceOptions
    @Argument(help: "Files, or - for standard input.") var files: [String]
    @Option(help: "Task the examples belong to.") var task: String
    @Flag(help: "Standard input is CSV.") var csv = false

    func run() async throws {
        let task = try TaskName(task)
        let report = try await withClient(options, service) { client in
            var total = IngestReport()
            for file in files {
                var part: IngestReport
                do {
                    part = try await ingest(file, into: task, client: client)
                } catch {
                    guard files.count > 1 else { throw error }
                    let failure = CommandFailure(error)
                    let isNamed = failure.message.hasPrefix(file)
                    throw CommandFailure((isNamed ? "" : "\(file): ") + failure.message, failure.exitCode)
                }
                if files.count > 1 { for index in part.errors.indices { part.errors[index].file = file } }
                total.merge(part)
            }
            // Where nothing was sent, nothing was said about the task.
            if total.accepted + total.duplicates + total.rejected == 0 { _ = try await client.task(task) }
            return total
        }
        if options.json {
            try JSON.print(report)
        } else {
            for error in report.errors {
                let place = "\(error.file.map { "\($0), " } ?? "")line \(error.line)"
                Console.error("\(place)\(error.field.map { ", \($0)" } ?? ""): \(error.message)")
            }
            let hidden = report.rejected - report.errors.count
            if hidden > 0 { Console.error("… and \(hidden) more") }
            Console.line("\(report.accepted) accepted, \(report.duplicates) duplicates, \(report.rejected) rejected")
        }
        if report.rejected > 0 { throw ExitCode(ExitStatus.badData.rawValue) }
    }

    private func ingest(_ file: String, into task: TaskName, client: ServiceClient) async throws -> IngestReport {
        let input: FileHandle
        var size = 0
        if file == "-" {
            input = .standardInput
        } else {
            var isDirectory: ObjCBool = false
            if FileManager.default.fileExists(atPath: file, isDirectory: &isDirectory), isDirectory.boolValue {
                throw CommandFailure("\(file) is a directory; name the files in it", .badData)
            }
            guard let handle = FileHandle(forReadingAtPath: file) else {
                throw CommandFailure("\(file): \(String(cString: strerror(errno)))", .badData)
            }
            input = handle
            size = (try? FileManager.default.attributesOfItem(atPath: file)[.size] as? Int) ?? 0
        }
        let isCSV = csv || file.lowercased().hasSuffix(".csv")
        let progress = ProgressLine(file == "-" ? "standard input" : file, quiet: options.hidesProgress || options.json)
        let start = ContinuousClock.now
        var chunks = LineChunks(format: isCSV ? .csv : .lines)
        var report = IngestReport()
        var read = 0
        var ended = false
        while !ended {
            let data = try input.read(upToCount: 1 << 18) ?? Data()
            ended = data.isEmpty
            read += data.count
            for chunk in ended ? chunks.finish() : chunks.append(data) {
                let part = try await send(chunk, isCSV: isCSV, task: task, client: client)
                report.merge(part)
                let lines = report.accepted + report.duplicates + report.rejected
                progress.update(size > 0 ? Double(read) / Double(size) : 0, "\(lines) lines")
            }
        }
        let lines = report.accepted + report.duplicates + report.rejected
        let seconds = (ContinuousClock.now - start) / .seconds(1)
        progress.finish("\(lines) lines in \(String(format: "%.2f", seconds)) s")
        return report
    }

    /// The key makes a second try of the same chunk harmless.
    private func send(
        _ chunk: LineChunks.Chunk, isCSV: Bool, task: TaskName, client: ServiceClient
    ) async throws -> IngestReport {
        let key = UUID().uuidString
        let type = isCSV ? "text/csv" : "application/x-ndjson"
        var report: IngestReport
        do {
            report = try await client.ingest(chunk.body, type: type, task: task, key: key)
        } catch let failure as CommandFailure where failure.exitCode == .unreachable {
            try await Task.sleep(for: .milliseconds(300))
            report = try await client.ingest(chunk.body, type: type, task: task, key: key)
        }
        for index in report.errors.indices { report.errors[index].line += chunk.lineOffset }
        return report
    }
}
