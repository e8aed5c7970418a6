import Adapters
import Foundation
import Schema
import Tensors
import Transformers

/// A random BERT of two layers with an adapter, and what PyTorch and PEFT made of them; `make_fixture.py` wrote it.
public enum TinyBert {
    public static let directory = URL(fileURLWithPath: #filePath).deletingLastPathComponent()

    public static func encoder(precision: Precision = .float32) throws -> any TextEncoder {
        try EncoderRegistry.loadEncoder(
            from: directory.appendingPathComponent("base").path, precision: precision)
    }

    public static let labels = ["a", "b", "c", "d", "e"]

    public static var options: Recipe.AdapterOptions {
        var options = Recipe.AdapterOptions()
        options.rank = 3
        options.alpha = 6
        options.rankStabilized = true
        options.featureScale = 10
        return options
    }

    /// Learns what a test shows it in a few steps.
    public static var recipe: Recipe {
        var recipe = Recipe()
        recipe.adapter = options
        recipe.optimization.epochs = 4
        recipe.optimization.batchSize = 8
        recipe.optimization.learningRate = 0.02
        recipe.optimization.warmupSteps = 2
        recipe.optimization.minimumSteps = 0
        return recipe
    }

    public static var lineage: AdapterLineage {
        AdapterLineage(base: .init(name: "tiny-bert", digest: "sha256:0"), recipe: Recipe())
    }

    /// The adapter as PEFT wrote it, with a manifest of ours beside it, in a new temporary directory.
    public static func adapterDirectory(_ encoder: any TextEncoder) throws -> URL {
        let own = try ClassifierAdapter(options: options, labels: labels, encoder: encoder, seed: 0)
        let target = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
        try AdapterFiles(own, lineage: lineage).write(to: target)
        let source = directory.appendingPathComponent("adapter")
        for name in try FileManager.default.contentsOfDirectory(atPath: source.path) {
            try Data(contentsOf: source.appendingPathComponent(name)).write(to: target.appendingPathComponent(name))
        }
        return target
    }

    /// The adapter as PEFT wrote it.
    public static func adapter(_ encoder: any TextEncoder) throws -> ClassifierAdapter {
        let directory = try adapterDirectory(encoder)
        defer { try? FileManager.default.removeItem(at: directory) }
        return try AdapterFiles(contentsOf: directory).adapter(for: encoder)
    }

    public struct Record: Decodable, Sendable {
        public var sequences: [[Int32]]
        public var targets: [Int]
        public var loss: Float
        public var features: [[Float]]
        public var logits: [[Float]]
        public var losses: [Float]
        public var norms: [Double]
        public var optimizer: Optimizer

        public struct Optimizer: Decodable, Sendable {
            public var learning_rate: Double
            public var beta1: Double
            public var beta2: Double
            public var epsilon: Double
            public var weight_decay: Double
            public var clip: Double
        }
    }

    public static func record() throws -> Record {
        let file = directory.appendingPathComponent("reference/record.json")
        return try JSONDecoder().decode(Record.self, from: Data(contentsOf: file))
    }
}
