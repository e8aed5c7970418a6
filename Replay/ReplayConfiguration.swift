/// How much a memory may hold and what it keeps when it is full.
public struct ReplayConfiguration: Sendable, Hashable {
    /// Exemplars held at most; 0 keeps nothing.
    public var maximumExemplars: Int
    /// Bytes ``ReplayMemory/encode()`` returns at most: texts, dictionary, labels, index and checksums.
    public var maximumBytes: Int
    public var retention: Retention

    /// The smallest byte budget: room for the two copies of an empty memory's index.
    public static let minimumBytes = 1_024

    /// - Throws: ``ReplayError/invalidConfiguration(name:value:rule:)``.
    public init(
        maximumExemplars: Int = 1_000, maximumBytes: Int = 1_048_576, retention: Retention = .classBalanced
    ) throws(ReplayError) {
        guard (0...Int(UInt32.max)).contains(maximumExemplars) else {
            throw .invalidConfiguration(name: "maximumExemplars", value: maximumExemplars, rule: "0 to 4294967295")
        }
        guard (Self.minimumBytes...Int(UInt32.max)).contains(maximumBytes) else {
            throw .invalidConfiguration(name: "maximumBytes", value: maximumBytes, rule: "1024 to 4294967295")
        }
        self.maximumExemplars = maximumExemplars
        self.maximumBytes = maximumBytes
        self.retention = retention
    }
}

/// What a full memory keeps.
public enum Retention: UInt8, Sendable, Hashable, CaseIterable {
    /// Every label as evenly as the stream allows, and of each label a uniform sample of all that was offered.
    ///
    /// - SeeAlso: Chrysakis and Moens 2020, Online Continual Learning from Imbalanced Data, algorithm 1.
    case classBalanced = 0
    /// A uniform sample of everything offered.
    ///
    /// - SeeAlso: Vitter 1985, Random Sampling with a Reservoir, algorithm R.
    case reservoir = 1
    /// The latest.
    case window = 2
    /// Of every label the same number, whose mean features stay nearest to the label's.
    ///
    /// - SeeAlso: Rebuffi et al. 2017, iCaRL, section 3.4.
    case herding = 3
    /// Of every label the same number, spread so that no example is far from a kept one.
    ///
    /// - SeeAlso: Sener & Savarese 2018, Active Learning for Convolutional Neural Networks: A Core-Set Approach.
    case coverage = 4
    /// Of every label the same number, drawn in proportion to the loss.
    ///
    /// - SeeAlso: Buzzega et al. 2021, Rethinking Experience Replay: a Bag of Tricks, section 3.4, whose reservoir
    ///   likewise prefers what is not yet learned well.
    case lossAware = 5
}

/// How exemplars are drawn.
public enum Sampling: Sendable, Hashable, CaseIterable {
    /// Every exemplar equally likely.
    case uniform
    /// Every label equally often, whatever it holds; a label with few exemplars repeats them.
    case stratified
}
