import Adapters
import ArgumentParser
import Foundation
import Schema
import Tensors

struct BenchServe: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve", abstract: "The inference engine in process, tokenization included.")
    @OptionGroup var options: GlobalOptions
    @Option(help: "JSONL with text and label.") var data: String
    @Option(help: "Model directory or name.") var model = "all-MiniLM-L6-v2"
    @Option(help: "Adapters the texts are spread over in turn; 0 embeds with the base alone.") var adapters = 1
    @Option(help: "Texts in one pass.") var batchSize = 1
    @Option(help: "Truncate to this many tokens.") var maxLength = 128
    @Option(help: "Seconds to measure.") var seconds = 5.0
    @Option(help: "Threads.") var threads = 2

    func validate() throws {
        guard batchSize > 0, adapters >= 0, threads > 0, seconds > 0 else {
            throw ValidationError("--batch-size, --threads and --seconds must be positive, --adapters not negative")
        }
    }

    func run() async throws {
        let base = try BaseModel(ModelLocation(options).directory(of: model))
        let examples = try LabelledFile.load(URL(filePath: data))
        guard !examples.isEmpty else { throw CommandFailure("\(data) holds no example", .badData) }
        let labels = Set(examples.map(\.label)).sorted()
        let variants = try (0..<adapters).map {
            try ClassifierAdapter(
                options: Recipe.AdapterOptions(), labels: labels, encoder: base.encoder, seed: UInt64($0))
        }
        let classifier = Classifier(encoder: base.encoder)
        let pool = WorkerPool(count: threads)
        var latencies: [Double] = []
        var next = 0
        func pass() {
            let requests = (0..<batchSize).map { _ -> Classifier.Request in
                let text = examples[next % examples.count].text
                let adapter = variants.isEmpty ? nil : variants[next % variants.count]
                next += 1
                return Classifier.Request(
                    tokens: base.tokenizer.encode(text, maximumLength: maxLength), adapter: adapter)
            }
            _ = classifier.outputs(requests, pool: pool)
        }
        for _ in 0..<max(3, 64 / batchSize) { pass() }
        let start = ContinuousClock.now
        while Measurement.seconds(since: start) < seconds {
            let begin = ContinuousClock.now
            pass()
            latencies.append(Measurement.seconds(since: begin))
        }
        let total = Measurement.seconds(since: start)
        latencies.sort()
        let result = Result(
            queries_per_second: Double(latencies.count * batchSize) / total,
            p50_ms: Measurement.percentile(latencies, 0.5) * 1_000,
            p99_ms: Measurement.percentile(latencies, 0.99) * 1_000, batch_size: batchSize, adapters: adapters,
            threads: threads, peak_rss_bytes: Measurement.peakResidentBytes)
        if options.json { return try JSON.print(result) }
        Console.line(
            String(
                format: "%.0f queries/s, p50 %.2f ms, p99 %.2f ms (batches of %d, %d adapters, %d threads)",
                result.queries_per_second, result.p50_ms, result.p99_ms, batchSize, adapters, threads))
    }

    private struct Result: Encodable {
        var queries_per_second: Double
        var p50_ms: Double
        var p99_ms: Double
        var batch_size: Int
        var adapters: Int
        var threads: Int
        var peak_rss_bytes: Int
    }
}
