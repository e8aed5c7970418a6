import Adapters

/// Composes the batches of one epoch: every new example once, in shuffled order, and replayed ones in proportion.
public struct ReplayMixer: Sendable {
    public struct Batch: Sendable {
        public var examples: [TokenizedExample]
        public var newCount: Int
        public var replayedCount: Int { examples.count - newCount }
    }

    public let newExamples: [TokenizedExample]
    /// New examples in a batch; the last of an epoch may have fewer.
    public let batchSize: Int
    /// Replayed examples for each new one.
    public let ratio: Double

    public init(newExamples: [TokenizedExample], batchSize: Int, ratio: Double) {
        precondition(batchSize > 0 && ratio >= 0, "the batch size must be positive and the ratio not negative")
        self.newExamples = newExamples
        self.batchSize = batchSize
        self.ratio = ratio
    }

    public var batchesPerEpoch: Int { (newExamples.count + batchSize - 1) / batchSize }

    /// Batches of one epoch. Everything random comes from `generator`.
    public func epoch(replaying pool: inout ExemplarPool, using generator: inout SeededGenerator) -> [Batch] {
        let shuffled = newExamples.shuffled(using: &generator)
        return stride(from: 0, to: shuffled.count, by: batchSize).map { start in
            let new = shuffled[start..<min(start + batchSize, shuffled.count)]
            let replayed = pool.draw(Int((Double(new.count) * ratio).rounded()), using: &generator)
            return Batch(examples: Array(new) + replayed, newCount: new.count)
        }
    }
}
