import ArgumentParser
import Foundation
import Intake
import Schema
import Store

struct BenchIngest: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ingest", abstract: "Durable ingest of JSON lines: through the routes, parsed and committed.")
    @OptionGroup var options: GlobalOptions
    @OptionGroup var service: ServiceOptions
    @Option(help: "JSONL with text and label; repeated with a number in each text until there are enough.") var data:
        String
    @Option(help: "Lines to send.") var lines = 100_000
    @Option(help: "Lines in a request.") var linesPerRequest = 10_000
    @Option(help: "Requests under way at once.") var connections = 1
    @Option(help: "Task to send them to; it is made, and must not exist.") var task = "bench-ingest"

    func validate() throws {
        try OptionRange.require("--lines", lines, 1...100_000_000)
        try OptionRange.require("--lines-per-request", linesPerRequest, OptionRange.counts)
        try OptionRange.require("--connections", connections, 1...1_000)
    }

    func run() async throws {
        let name = try TaskName(task)
        let examples = try LabelledFile.load(URL(filePath: data))
        guard !examples.isEmpty else { throw CommandFailure("\(data) holds no example", .badData) }
        let bodies = try stride(from: 0, to: lines, by: linesPerRequest).map { first in
            try body(first..<min(first + linesPerRequest, lines), of: examples)
        }
        let progress = ProgressLine("ingest", quiet: options.hidesProgress || options.json)
        try await withTemporaryClient(options, service) { client in
            if (try? await client.task(name)) != nil {
                throw CommandFailure("task \(name) exists; name a new one with --task", .usage)
            }
            // No update may start in between: this measures the ledger.
            _ = try await client.putTask(name, Body())
            let start = ContinuousClock.now
            let report = try await withThrowingTaskGroup(of: IngestReport.self) { group in
                for connection in 0..<connections {
                    group.addTask {
                        var report = IngestReport()
                        for index in stride(from: connection, to: bodies.count, by: connections) {
                            report.merge(
                                try await client.ingest(
                                    bodies[index], type: "application/x-ndjson", task: name, key: UUID().uuidString))
                            if connection == 0 { progress.update(Double(index + 1) / Double(bodies.count)) }
                        }
                        return report
                    }
                }
                return try await group.reduce(into: IngestReport()) { $0.merge($1) }
            }
            let seconds = Measurement.seconds(since: start)
            try await client.deleteTask(name)
            let result = Result(
                examples_per_second: Double(report.accepted) / seconds, accepted: report.accepted, seconds: seconds,
                lines_per_request: linesPerRequest, connections: connections)
            if options.json { return try JSON.print(result) }
            progress.finish("done")
            Console.line(
                String(
                    format: "%.0f examples/s durable (%d in %.2f s, %d lines a request)", result.examples_per_second,
                    result.accepted, seconds, linesPerRequest))
        }
    }

    private func body(_ range: Range<Int>, of examples: [Example]) throws -> Data {
        var body = Data()
        let encoder = JSONEncoder()
        for index in range {
            var example = examples[index % examples.count]
            if index >= examples.count { example.text += " (\(index / examples.count))" }
            body.append(try encoder.encode(example))
            body.append(UInt8(ascii: "\n"))
        }
        return body
    }

    private struct Body: Encodable {
        var kind = "classify"
        var update = ["min_examples": 1_000_000]
    }

    private struct Result: Encodable {
        var examples_per_second: Double
        var accepted: Int
        var seconds: Double
        var lines_per_request: Int
        var connections: Int
    }
}
