import Adapters
import Foundation
import Pipeline
import Serving
import Tensors
import Tokenizers
import Transformers

/// The frozen model everything stands on: its encoder, its tokenizer, and the digest that names it.
struct BaseModel {
    let directory: URL
    let encoder: any TextEncoder
    let tokenizer: Tokenizer
    private let precision: Precision

    /// - Parameters:
    ///   - packing: as `EncoderRegistry.loadEncoder(from:packing:precision:)` has it.
    ///   - precision: of the products with the frozen weights.
    /// - Throws: also where the tokenizer is not the encoder's.
    init(_ directory: URL, packing: Bool = true, precision: Precision = .float32) throws {
        self.directory = directory
        self.precision = precision
        encoder = try EncoderRegistry.loadEncoder(from: directory.path, packing: packing, precision: precision)
        var tokenizer = try Tokenizer.load(from: directory)
        tokenizer.maximumLength = encoder.maximumPositions
        self.tokenizer = tokenizer
        guard tokenizer.vocabularySize <= encoder.vocabularySize else {
            throw CommandFailure(
                "\(directory.path): the ids of tokenizer.json need \(tokenizer.vocabularySize) embeddings, but "
                    + "model.safetensors has \(encoder.vocabularySize); resize the model's embeddings to its tokenizer "
                    + "and save both, or pull the model again", .badData)
        }
        guard (1..<encoder.maximumPositions).contains(tokenizer.specialTokenCount) else {
            throw CommandFailure(
                "\(directory.path): the post_processor of tokenizer.json puts \(tokenizer.specialTokenCount) special "
                    + "tokens around a text; it must be at least one, and fewer than the model's "
                    + "\(encoder.maximumPositions) positions; use the tokenizer that the model was trained with",
                .badData)
        }
    }

    var name: String { directory.lastPathComponent }

    /// Hashes the weights: a tenth of a second for the default base, so only those who write adapters ask.
    func lineage() throws -> AdapterLineage.Base { try Self.lineage(of: directory) }

    static func lineage(of directory: URL) throws -> AdapterLineage.Base {
        let weights = try ContentDigest(ofFile: directory.appending(path: "model.safetensors"))
        return AdapterLineage.Base(name: directory.lastPathComponent, digest: weights.description)
    }

    /// What the service answers with.
    ///
    /// - Parameter adapters: directory of the adapters, each named by its digest.
    func classifier(adapters: URL, threads: Int = 2) throws -> EncoderClassifier {
        EncoderClassifier(
            name: name, baseDigest: try lineage().digest, encoder: encoder, tokenizer: tokenizer,
            adapters: AdapterStore(directory: adapters), threads: threads)
    }

    /// - Parameter features: directory where features outlive the process; `nil` for none.
    func learner(threads: Int, features: URL? = nil) throws -> Learner {
        let base = try lineage()
        let configuration = try ContentDigest(ofFile: directory.appending(path: "config.json"))
        let context = "\(base.digest) \(configuration) \(precision.rawValue) \(KernelSet.best.name)"
        let files = features.map { FeatureFiles(directory: $0, context: context) }
        return Learner(
            encoder: encoder, tokenizer: tokenizer, base: base, pool: WorkerPool(count: threads), featureFiles: files)
    }
}
