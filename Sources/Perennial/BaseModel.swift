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

    /// - Parameter precision: of the products with the frozen weights.
    init(_ directory: URL, precision: Precision = .float32) throws {
        self.directory = directory
        encoder = try EncoderRegistry.loadEncoder(from: directory.path, precision: precision)
        tokenizer = try Tokenizer.load(from: directory)
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

    func learner(threads: Int) throws -> Learner {
        Learner(encoder: encoder, tokenizer: tokenizer, base: try lineage(), pool: WorkerPool(count: threads))
    }
}
