import Adapters
import Foundation
import Serving
import Tensors

/// The base model with its adapters, as the inference engine runs it.
struct ServedModel: TextClassifier {
    private let base: BaseModel
    private let adapters: AdapterStore
    private let classifier: Classifier
    private let pool = WorkerPool(count: 2)

    /// - Parameter adapters: directory of the adapters, each named by its digest.
    init(_ base: BaseModel, adapters: URL) {
        self.base = base
        self.adapters = AdapterStore(directory: adapters)
        classifier = Classifier(encoder: base.encoder)
    }

    var name: String { base.name }

    func tokens(of text: String, for adapter: any ServableAdapter) throws -> [Int32] {
        base.tokenizer.encode(text, maximumLength: try served(adapter).maximumLength)
    }

    func adapter(digest: String) throws -> any ServableAdapter {
        let files = try adapters.files(of: ContentDigest(digest))
        return ServedAdapter(
            adapter: try files.adapter(for: base.encoder), maximumLength: try files.lineage().recipe.maximumLength)
    }

    func probabilities(_ batch: [ClassifierInput]) throws -> [[Float]] {
        let requests = try batch.map { input in
            Classifier.Request(tokens: input.tokens, adapter: try served(input.adapter).adapter)
        }
        return classifier.outputs(requests, pool: pool).map { Adapters.probabilities($0.logits) }
    }

    private func served(_ adapter: any ServableAdapter) throws -> ServedAdapter {
        guard let adapter = adapter as? ServedAdapter else {
            preconditionFailure("the engine hands back the adapters it was given, not a \(type(of: adapter))")
        }
        return adapter
    }
}

/// An adapter in memory, and how long the texts were that it learned from.
private struct ServedAdapter: ServableAdapter {
    let adapter: ClassifierAdapter
    let maximumLength: Int

    var labels: [String] { adapter.labels }
}
