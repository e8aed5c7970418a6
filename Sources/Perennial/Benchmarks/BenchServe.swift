import Adapters
import ArgumentParser
import Foundation
import Schema
import Tensors
import Transformers

struct BenchServe: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve", abstract: "The inference engine in process, tokenization included.")
    @OptionGroup var options: GlobalOptions
    @Option(help: "JSONL with text and label.") var data: String
    @Option(help: "Model directory or name.") var model = "all-MiniLM-L6-v2"
    @Option(help: "Adapters the texts are spread over in turn; 0 embeds with the base alone.") var adapters = 1
    @Option(help: "Directory of a trained adapter to answer with, instead of untrained ones.") var adapter: String?
    @Option(help: "Products with the frozen weights: float32, bfloat16 or int8.") var precision = Precision.float32
    @Option(help: "Texts in one pass.") var batchSize = 1
    @Option(help: "Truncate to this many tokens.") var maxLength = 128
    @Option(help: "Seconds to measure.") var seconds = 5.0
    @Option(help: "Threads.") var threads = 2

    func validate() throws {
        try OptionRange.require("--adapters", adapters, 0...100_000)
        try OptionRange.require("--batch-size", batchSize, 1...4_096)
        try OptionRange.require("--max-length", maxLength, OptionRange.lengths)
        try OptionRange.require("--seconds", seconds, OptionRange.seconds)
        try OptionRange.require("--threads", threads, OptionRange.threads)
    }

    func run() async throws {
        let base = try BaseModel(ModelLocation(options).directory(of: model), precision: precision)
        let examples = try LabelledFile.load(URL(filePath: data))
        guard !examples.isEmpty else { throw CommandFailure("\(data) holds no example", .badData) }
        let variants = try variants(labels: Set(examples.map(\.label)).sorted(), encoder: base.encoder)
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
        let tokenizing = ContinuousClock.now
        let tokens = examples.map { base.tokenizer.encode($0.text, maximumLength: maxLength) }
        let tokenizeSeconds = Measurement.seconds(since: tokenizing)
        let result = Result(
            queries_per_second: Double(latencies.count * batchSize) / total,
            p50_ms: Measurement.percentile(latencies, 0.5) * 1_000,
            p99_ms: Measurement.percentile(latencies, 0.99) * 1_000, batch_size: batchSize, adapters: variants.count,
            threads: threads, precision: precision, tokenize_us: tokenizeSeconds / Double(examples.count) * 1e6,
            agreement: try agreement(classifier, variants.first, tokens, pool),
            peak_rss_bytes: Measurement.peakResidentBytes)
        if options.json { return try JSON.print(result) }
        Console.line(
            String(
                format: "%.0f queries/s, p50 %.2f ms, p99 %.2f ms (batches of %d, %d adapters, %d threads, %@)%@; "
                    + "tokenization %.1f µs a text",
                result.queries_per_second, result.p50_ms, result.p99_ms, batchSize, variants.count, threads,
                precision.rawValue,
                result.agreement.map { String(format: ", %.2f %% of labels as in float32", $0 * 100) } ?? "",
                result.tokenize_us))
    }

    private func variants(labels: [String], encoder: any TextEncoder) throws -> [ClassifierAdapter] {
        if let adapter {
            let files = try AdapterFiles(contentsOf: URL(filePath: adapter))
            return [try files.adapter(for: encoder)]
        }
        return try (0..<adapters).map {
            try ClassifierAdapter(options: Recipe.AdapterOptions(), labels: labels, encoder: encoder, seed: UInt64($0))
        }
    }

    /// Share of texts whose label is the one float32 gives; `nil` for float32 itself and for untrained adapters.
    private func agreement(
        _ classifier: Classifier, _ variant: ClassifierAdapter?, _ tokens: [[Int32]], _ pool: WorkerPool
    ) throws -> Double? {
        guard precision != .float32, adapter != nil, let variant else { return nil }
        let reference = Classifier(encoder: try BaseModel(ModelLocation(options).directory(of: model)).encoder)
        func labels(_ classifier: Classifier) -> [Int?] {
            classifier.logits(tokens.map { ($0, variant) }, pool: pool)
                .map { logits in logits.indices.max { logits[$0] < logits[$1] } }
        }
        let pairs = zip(labels(classifier), labels(reference))
        return Double(pairs.count { $0 == $1 }) / Double(tokens.count)
    }

    private struct Result: Encodable {
        var queries_per_second: Double
        var p50_ms: Double
        var p99_ms: Double
        var batch_size: Int
        var adapters: Int
        var threads: Int
        var precision: Precision
        var tokenize_us: Double
        var agreement: Double?
        var peak_rss_bytes: Int
    }
}

extension Precision: ExpressibleByArgument {}
