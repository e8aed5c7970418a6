import Adapters

/// A base model that answers with any of its adapters: what the engine runs.
public protocol TextClassifier: Sendable {
    /// `sha256:…` of the base model's weights.
    var baseDigest: String { get }

    /// C, the width of the base model's features.
    var featureWidth: Int { get }

    /// Name of the base model, as `/v1/models` shows it.
    var name: String { get }

    /// Token ids of a text as `adapter` was trained on them, special tokens included, truncated. Callable from any thread.
    func tokens(of text: String, for adapter: any ServableAdapter) throws -> [Int32]

    /// Token ids of a text for the base model alone, truncated to `maximumLength`. Callable from any thread.
    func tokens(of text: String, maximumLength: Int) -> [Int32]

    /// Loads and verifies an adapter. Blocks; called off the cooperative pool.
    ///
    /// - Parameter digest: `sha256:` and 64 hexadecimal digits.
    func adapter(digest: String) throws -> any ServableAdapter

    /// Probabilities over each input's own labels, in their order; features of length 1 for an input without heads.
    /// Blocks; called from the engine's thread only.
    ///
    /// Invariant: what else is in the batch changes no result.
    ///
    /// - Parameter besideTraining: whether a trainer works on this machine, which a few texts are to leave a processor to.
    func probabilities(_ batch: [ClassifierInput], besideTraining: Bool) throws -> [[Float]]

    /// Id of tokens that the vocabulary does not hold; `nil` where there is none.
    var unknownToken: Int32? { get }

    /// Features of the base model without any adapter, of length 1. Blocks; called beside the engine, from the drift
    /// monitor's idle thread only.
    func frozenFeatures(_ tokens: [[Int32]]) throws -> [[Float]]

    /// As ``probabilities(_:besideTraining:)``, but beside the engine, from the drift monitor's idle thread only.
    func probabilitiesAtIdle(_ batch: [ClassifierInput]) throws -> [[Float]]

    /// Features of inputs without heads. Blocks; called beside the engine, from the thread that learns at once only.
    func features(_ inputs: [ClassifierInput]) throws -> [[Float]]
}

/// An adapter in memory.
public protocol ServableAdapter: Sendable {
    /// In the order of the probabilities.
    var labels: [String] { get }
}

/// One text for one version's heads.
public struct ClassifierInput: Sendable {
    public var tokens: [Int32]
    public var adapter: (any ServableAdapter)?
    /// What answers; `nil` asks for features: the adapter's, or without one the base model's.
    public var heads: HeadPair?

    /// For an adapter alone.
    public init(tokens: [Int32], adapter: any ServableAdapter) {
        self.init(
            tokens: tokens, adapter: adapter,
            heads: HeadPair(adapter: adapter.labels, analytic: nil, blend: .adapterAlone))
    }

    public init(tokens: [Int32], adapter: (any ServableAdapter)?, heads: HeadPair?) {
        self.tokens = tokens
        self.adapter = adapter
        self.heads = heads
    }
}
