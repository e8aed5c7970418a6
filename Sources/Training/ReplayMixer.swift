import Adapters

/// Composes the batches of one epoch: every new example once, in shuffled order, and replayed ones in proportion.
public struct ReplayMixer: Sendable {
    public struct Batch: Sendable {
        public var examples: [TokenizedExample]
        public var newCount: Int
        /// Replayed examples for each new one that were asked for; this batch may round it.
        public var ratio: Double
        public var replayedCount: Int { examples.count - newCount }
        public var new: ArraySlice<TokenizedExample> { examples[..<newCount] }
        public var replayed: ArraySlice<TokenizedExample> { examples[newCount...] }

        /// - Parameter examples: the new ones first.
        public init(examples: [TokenizedExample], newCount: Int, ratio: Double = 1) {
            self.examples = examples
            self.newCount = newCount
            self.ratio = ratio
        }
    }

    public let newExamples: [TokenizedExample]
    /// New examples in a batch; the last of an epoch may have fewer.
    public let batchSize: Int
    /// What of replayed examples previous batches were owed and did not get.
    private var owed = 0.0

    public init(newExamples: [TokenizedExample], batchSize: Int) {
        precondition(batchSize > 0, "the batch size must be positive")
        self.newExamples = newExamples
        self.batchSize = batchSize
    }

    public var batchesPerEpoch: Int { (newExamples.count + batchSize - 1) / batchSize }

    /// The new examples of each batch of one epoch.
    public func epoch(using generator: inout SeededGenerator) -> [ArraySlice<TokenizedExample>] {
        let shuffled = newExamples.shuffled(using: &generator)
        return stride(from: 0, to: shuffled.count, by: batchSize).map { start in
            shuffled[start..<min(start + batchSize, shuffled.count)]
        }
    }

    /// A batch of new examples and `ratio` times as many replayed ones; what rounding leaves out comes with the next.
    public mutating func batch(
        _ new: ArraySlice<TokenizedExample>, ratio: Double, replaying pool: inout ExemplarPool,
        using generator: inout SeededGenerator
    ) -> Batch {
        precondition(ratio >= 0, "the ratio must not be negative")
        owed += Double(new.count) * ratio
        let count = Int(owed.rounded())
        owed -= Double(count)
        return Batch(examples: Array(new) + pool.draw(count, using: &generator), newCount: new.count, ratio: ratio)
    }
}
