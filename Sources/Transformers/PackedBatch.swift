/// Token sequences end to end, without padding: `[T]` ids, sequence i at `offsets[i]..<offsets[i + 1]`.
public struct PackedBatch: Sendable, Hashable {
    public private(set) var ids: [Int32] = []
    public private(set) var offsets = [0]

    public init() {}

    public init(_ sequences: some Sequence<[Int32]>) {
        for sequence in sequences { append(sequence) }
    }

    /// Number of sequences.
    public var count: Int { offsets.count - 1 }
    public var tokenCount: Int { ids.count }

    /// Rows of the sequences in `sequences`.
    public func rows(of sequences: Range<Int>) -> Range<Int> {
        offsets[sequences.lowerBound]..<offsets[sequences.upperBound]
    }

    /// The sequences apart from each other, in order.
    public var sequences: [[Int32]] {
        zip(offsets, offsets.dropFirst()).map { Array(ids[$0..<$1]) }
    }

    public mutating func append(_ sequence: [Int32]) {
        precondition(!sequence.isEmpty, "a sequence needs at least one token")
        ids.append(contentsOf: sequence)
        offsets.append(ids.count)
    }
}
