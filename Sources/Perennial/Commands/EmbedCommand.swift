import Adapters
import ArgumentParser
import Foundation
import Tensors
import Transformers

struct EmbedCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "embed",
        abstract: #"JSON lines {"text"} on standard input → {"embedding"}: mean over tokens, L2-normalised."#)
    @OptionGroup var options: GlobalOptions
    @Option(help: "Model directory or name.") var model = "all-MiniLM-L6-v2"
    @Option(help: "Truncate to this many tokens.") var maxLength = 256
    @Option(help: "Directory of an exported adapter to embed with.") var adapter: String?

    func validate() throws { try TextLines.check(maximumLength: maxLength) }

    func run() async throws {
        let base = try BaseModel(ModelLocation(options).directory(of: model))
        let classifier = Classifier(encoder: base.encoder)
        let pool = WorkerPool(count: 2)
        let adapter = try adapter.map { try AdapterFiles(contentsOf: URL(filePath: $0)).adapter(for: base.encoder) }
        var batch: [[Int32]] = []
        func flush() throws {
            guard !batch.isEmpty else { return }
            let features = classifier.features(batch, adapter: adapter, pool: pool)
            for row in features { try JSON.printLine(["embedding": row]) }
            batch.removeAll(keepingCapacity: true)
        }
        do {
            try TextLines.forEach { text in
                batch.append(base.tokenizer.encode(text, maximumLength: min(maxLength, base.encoder.maximumPositions)))
                if batch.count == 64 { try flush() }
            }
        } catch {
            // A bad line costs nothing but itself and what follows it.
            try flush()
            throw error
        }
        try flush()
    }
}
