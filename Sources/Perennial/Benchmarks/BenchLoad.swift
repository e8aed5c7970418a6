import ArgumentParser
import Foundation
import NIOCore
import Schema

struct BenchLoad: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "load", abstract: "Latency of a running service under a constant rate of requests.",
        discussion: """
            Without --rate every connection asks again as soon as it was answered, which finds the most a service can do.
            With it, latencies count from when a request was due, so that a stalled service is charged for its queue.
            """)
    @OptionGroup var options: GlobalOptions
    @Option(help: "Address of the service.") var url: String
    @Option(help: "Task to ask or to send to.") var task: String
    @Option(help: "JSONL with text and label.") var data: String
    @Option(help: "predict: texts to classify; example: one new example a request.") var kind = Kind.predict
    @Option(help: "Requests a second.") var rate: Double?
    @Option(help: "Seconds to measure.") var seconds = 10.0
    @Option(help: "Seconds before, which are not measured.") var warmUp = 1.0
    @Option(help: "Connections.") var connections = 16

    enum Kind: String, ExpressibleByArgument, CaseIterable { case predict, example }

    func validate() throws {
        try OptionRange.require("--seconds", seconds, OptionRange.seconds)
        try OptionRange.require("--warm-up", warmUp, 0...86_400)
        try OptionRange.require("--connections", connections, 1...10_000)
        try OptionRange.require("--rate", rate, 0.001...1_000_000)
    }

    func run() async throws {
        guard let address = URL(string: url), address.scheme == "http", let host = address.host,
            (1...65_535).contains(address.port ?? 80)
        else {
            throw CommandFailure("\"\(url)\" is not an http:// address", .usage)
        }
        let name = try TaskName(task)
        let examples = try LabelledFile.load(URL(filePath: data))
        guard !examples.isEmpty else { throw CommandFailure("\(data) holds no example", .badData) }
        let generator = LoadGenerator(
            host: host, port: address.port ?? 80, path: "/v1/tasks/\(name)/\(kind == .predict ? "predict" : "examples")",
            connections: connections, rate: rate, seconds: seconds, warmUp: warmUp,
            body: kind == .predict ? try Self.queries(examples) : Self.newExamples(examples))
        let outcome = try await generator.run()
        if outcome.answered == 0 {
            throw CommandFailure(
                "no request was answered; the first failed with \(outcome.firstFailure ?? "no answer in time")")
        }
        func milliseconds(_ share: Double) -> Double { Measurement.percentile(outcome.latencies, share) * 1_000 }
        let result = Result(
            rate: rate, achieved_rate: Double(outcome.answered) / outcome.seconds, answered: outcome.answered,
            failed: outcome.failed, first_failure: outcome.firstFailure, seconds: outcome.seconds,
            connections: connections, p50_ms: milliseconds(0.5), p90_ms: milliseconds(0.9), p99_ms: milliseconds(0.99),
            p999_ms: milliseconds(0.999), max_ms: (outcome.latencies.last ?? 0) * 1_000)
        if options.json { return try JSON.print(result) }
        Console.line(
            String(
                format: "%.0f requests/s, p50 %.2f ms, p99 %.2f ms, p99.9 %.2f ms, longest %.2f ms; %d answered, %d failed",
                result.achieved_rate, result.p50_ms, result.p99_ms, result.p999_ms, result.max_ms, result.answered,
                result.failed))
    }

    private static func queries(_ examples: [Example]) throws -> @Sendable (Int) throws -> ByteBuffer {
        let encoder = JSONEncoder()
        let bodies = try examples.map { ByteBuffer(bytes: try encoder.encode(["input": $0.text])) }
        return { bodies[$0 % bodies.count] }
    }

    /// Texts the task has never seen, in this run or an earlier one.
    private static func newExamples(_ examples: [Example]) -> @Sendable (Int) throws -> ByteBuffer {
        let run = UUID().uuidString.prefix(8)
        return { number in
            var example = examples[number % examples.count]
            example.text += " (\(run) \(number))"
            return ByteBuffer(bytes: try JSONEncoder().encode(example))
        }
    }

    private struct Result: Encodable {
        var rate: Double?
        var achieved_rate: Double
        var answered: Int
        var failed: Int
        var first_failure: String?
        var seconds: Double
        var connections: Int
        var p50_ms: Double
        var p90_ms: Double
        var p99_ms: Double
        var p999_ms: Double
        var max_ms: Double
    }
}
