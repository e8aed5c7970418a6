import Adapters
import Tensors
import Tokenizers
import Transformers

/// A text encoder with low-rank adapters from a directory: the classifier that is served.
public struct EncoderClassifier: TextClassifier {
    public let name: String
    /// `sha256:…` of the base model's weights.
    public let baseDigest: String
    private let classifier: Classifier
    private let tokenizer: Tokenizer
    private let adapters: AdapterStore
    private let pool: WorkerPool
    /// For a few texts beside training.
    private let smallerPool: WorkerPool
    /// These work on the calling thread alone, at that thread's priority; none waits for another.
    private let idlePool = WorkerPool(count: 1)
    private let learningPool = WorkerPool(count: 1)

    /// - Parameters:
    ///   - baseDigest: adapters trained on other weights are refused.
    ///   - threads: that a batch is shared by, the engine's own included.
    public init(
        name: String, baseDigest: String, encoder: any TextEncoder, tokenizer: Tokenizer, adapters: AdapterStore,
        threads: Int = 2
    ) {
        self.name = name
        self.baseDigest = baseDigest
        self.tokenizer = tokenizer
        self.adapters = adapters
        classifier = Classifier(encoder: encoder)
        pool = WorkerPool(count: threads)
        smallerPool = WorkerPool(count: max(threads - 1, 1))
    }

    private struct LoadedAdapter: ServableAdapter {
        var weights: ClassifierAdapter
        /// Tokens a text was truncated to in training.
        var maximumLength: Int

        var labels: [String] { weights.labels }
    }

    public var featureWidth: Int { classifier.encoder.hiddenSize }

    public func tokens(of text: String, maximumLength: Int) -> [Int32] {
        tokenizer.encode(text, maximumLength: min(maximumLength, classifier.encoder.maximumPositions))
    }

    public func tokens(of text: String, for adapter: any ServableAdapter) -> [Int32] {
        tokenizer.encode(text, maximumLength: loaded(adapter).maximumLength)
    }

    /// - Throws: `AdapterError`; ``ServingError/otherBase(expected:found:)``.
    public func adapter(digest: String) throws -> any ServableAdapter {
        let files = try adapters.files(of: ContentDigest(digest))
        let lineage = try files.lineage()
        guard lineage.base.digest == baseDigest else {
            throw ServingError.otherBase(expected: baseDigest, found: lineage.base.digest)
        }
        return LoadedAdapter(
            weights: try files.adapter(for: classifier.encoder),
            maximumLength: min(lineage.recipe.maximumLength, classifier.encoder.maximumPositions))
    }

    public func probabilities(_ batch: [ClassifierInput], besideTraining: Bool) -> [[Float]] {
        // Threads that share one text's products wait for each other: one fewer leaves the trainer more than it loses.
        probabilities(batch, pool: besideTraining && batch.count < 2 * pool.count ? smallerPool : pool)
    }

    public func probabilitiesAtIdle(_ batch: [ClassifierInput]) -> [[Float]] { probabilities(batch, pool: idlePool) }

    public func features(_ inputs: [ClassifierInput]) -> [[Float]] { probabilities(inputs, pool: learningPool) }

    private func probabilities(_ batch: [ClassifierInput], pool: WorkerPool) -> [[Float]] {
        // One packed pass for all. Only a version of before the sums followed the adapter needs a text twice in it.
        var requests: [Classifier.Request] = []
        let places = batch.map { input -> (adapter: Int?, base: Int?) in
            var place: (adapter: Int?, base: Int?)
            if let adapter = input.adapter, input.passesAdapter {
                place.adapter = requests.count
                requests.append(.init(tokens: input.tokens, adapter: loaded(adapter).weights))
            }
            if input.passesBase {
                place.base = requests.count
                requests.append(.init(tokens: input.tokens, adapter: nil))
            }
            return place
        }
        let outputs = classifier.outputs(requests, pool: pool)
        return zip(batch, places).map { input, place in
            let features = (place.base ?? place.adapter).map { outputs[$0].features } ?? []
            guard let heads = input.heads else { return features }
            let scores = heads.needsAnalytic ? heads.analytic?.scores([features]).first ?? [] : []
            return heads.probabilities(adapter: place.adapter.map { outputs[$0].logits } ?? [], analytic: scores)
        }
    }

    public var unknownToken: Int32? { tokenizer.unknownID }

    public func frozenFeatures(_ tokens: [[Int32]]) -> [[Float]] { classifier.features(tokens, pool: idlePool) }

    private func loaded(_ adapter: any ServableAdapter) -> LoadedAdapter {
        guard let adapter = adapter as? LoadedAdapter else {
            preconditionFailure("\(type(of: adapter)) was not loaded by this classifier")
        }
        return adapter
    }
}

extension ClassifierInput {
    fileprivate var passesAdapter: Bool { heads?.passesAdapter ?? true }
    fileprivate var passesBase: Bool { heads?.passesBase ?? (adapter == nil) }
}
