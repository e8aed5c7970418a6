/// A base model that answers with any of its adapters: what the engine runs.
public protocol TextClassifier: Sendable {
    /// Name of the base model, as `/v1/models` shows it.
    var name: String { get }

    /// Token ids of a text as `adapter` was trained on them, special tokens included, truncated. Callable from any thread.
    func tokens(of text: String, for adapter: any ServableAdapter) throws -> [Int32]

    /// Loads and verifies an adapter. Blocks; called off the cooperative pool.
    ///
    /// - Parameter digest: `sha256:` and 64 hexadecimal digits.
    func adapter(digest: String) throws -> any ServableAdapter

    /// Probabilities over each input's own labels, in their order. Blocks; called from the engine's thread only.
    ///
    /// Invariant: what else is in the batch changes no result.
    func probabilities(_ batch: [ClassifierInput]) throws -> [[Float]]

    /// Id of tokens that the vocabulary does not hold; `nil` where there is none.
    var unknownToken: Int32? { get }

    /// Features of the base model without any adapter, of length 1. Blocks; called beside the engine, from the drift
    /// monitor's idle thread only.
    func frozenFeatures(_ tokens: [[Int32]]) throws -> [[Float]]

    /// As ``probabilities(_:)``, but beside the engine, from the drift monitor's idle thread only.
    func probabilitiesAtIdle(_ batch: [ClassifierInput]) throws -> [[Float]]
}

/// An adapter in memory.
public protocol ServableAdapter: Sendable {
    /// In the order of the probabilities.
    var labels: [String] { get }
}

/// One text for one adapter.
public struct ClassifierInput: Sendable {
    public var tokens: [Int32]
    public var adapter: any ServableAdapter

    public init(tokens: [Int32], adapter: any ServableAdapter) {
        self.tokens = tokens
        self.adapter = adapter
    }
}
