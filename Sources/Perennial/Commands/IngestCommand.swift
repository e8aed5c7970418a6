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
    @Flag(help: "Input is CSV, whatever its name; files that end in .csv are anyway.") var csv = false

    func run() async throws {
        let task = try TaskName(task)
        let report = try await withClient(options, service) { client in
            var total = IngestReport()
            for file in files {
                var part = IngestReport()
                var failure: CommandFailure?
                do {
                    try await ingest(file, into: task, client: client, report: &part)
                } catch {
                    failure = CommandFailure(error)
                }
                if files.count > 1 { for index in part.errors.indices { part.errors[index].file = file } }
                total.merge(part)
                if let failure { throw try interrupted(failure, at: file, after: total) }
            }
            // Where nothing was sent, nothing was said about the task.
            if total.lines == 0 { _ = try await client.task(task) }
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
            Console.line(report.counts)
        }
        if report.rejected > 0 { throw ExitCode(ExitStatus.badData.rawValue) }
    }

    /// The failure, with what became of the lines until then.
    private func interrupted(
        _ failure: CommandFailure, at file: String, after report: IngestReport
    ) throws -> CommandFailure {
        var message = failure.message
        if files.count > 1, !message.hasPrefix(file) { message = "\(file): \(message)" }
        if report.lines > 0 {
            if options.json { try JSON.print(report) }
            message +=
                "; until then \(report.counts): sending everything again is safe, for what was accepted is durable and "
                + "counts as duplicates then"
        }
        return CommandFailure(message, failure.exitCode)
    }

    /// - Parameter report: what was acknowledged, also when it throws.
    private func ingest(
        _ file: String, into task: TaskName, client: ServiceClient, report: inout IngestReport
    ) async throws {
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
        let format: LineChunks.Format = csv || file.lowercased().hasSuffix(".csv") ? .csv : .lines
        let progress = ProgressLine(file == "-" ? "standard input" : file, quiet: options.hidesProgress || options.json)
        let start = ContinuousClock.now
        var chunks = LineChunks(format: format)
        var read = 0
        var ended = false
        while !ended {
            let data = try input.read(upToCount: 1 << 18) ?? Data()
            ended = data.isEmpty
            read += data.count
            for chunk in ended ? chunks.finish() : chunks.append(data) {
                let isWhole = try await send(chunk, format, task: task, client: client, report: &report)
                if !isWhole { chunks.limit = max(1, min(chunks.limit, chunk.body.count) / 2) }
                progress.update(size > 0 ? Double(read) / Double(size) : 0, "\(report.lines) lines")
            }
        }
        let seconds = (ContinuousClock.now - start) / .seconds(1)
        progress.finish("\(report.lines) lines in \(String(format: "%.2f", seconds)) s")
    }

    /// Sends a chunk, in parts where it is more than the service takes at once.
    ///
    /// - Parameter report: what was acknowledged, also when it throws.
    /// - Returns: whether it was taken as a whole.
    private func send(
        _ chunk: LineChunks.Chunk, _ format: LineChunks.Format, task: TaskName, client: ServiceClient,
        report: inout IngestReport
    ) async throws -> Bool {
        do {
            report.merge(try await post(chunk, format, task: task, client: client))
            return true
        } catch let error as BodyTooLarge {
            let parts = chunk.parts(format)
            if parts.count == 1 {
                let message =
                    "one example alone is more than the service takes at once; shorten it, or raise limits.ingest_bytes"
                report.reject(
                    Rejection(
                        line: chunk.firstLine, field: nil, code: "body_too_large", message: "\(message) (\(error))"))
                return false
            }
            for part in parts {
                _ = try await send(part, format, task: task, client: client, report: &report)
            }
            return false
        }
    }

    /// The key makes a second try of the same chunk harmless.
    private func post(
        _ chunk: LineChunks.Chunk, _ format: LineChunks.Format, task: TaskName, client: ServiceClient
    ) async throws -> IngestReport {
        let (key, start) = (UUID().uuidString, ContinuousClock.now)
        let type = format == .csv ? "text/csv" : "application/x-ndjson"
        var report: IngestReport
        do {
            report = try await client.ingest(chunk.body, type: type, task: task, key: key)
        } catch let failure as CommandFailure where failure.exitCode == .unreachable {
            // One that was waited for in vain would only be waited for again.
            guard ContinuousClock.now - start < .seconds(10) else { throw failure }
            try await Task.sleep(for: .milliseconds(300))
            report = try await client.ingest(chunk.body, type: type, task: task, key: key)
        }
        for index in report.errors.indices { report.errors[index].line += chunk.lineOffset }
        return report
    }
}

extension IngestReport {
    fileprivate var lines: Int { accepted + duplicates + rejected }
    fileprivate var counts: String { "\(accepted) accepted, \(duplicates) duplicates, \(rejected) rejected" }
}
