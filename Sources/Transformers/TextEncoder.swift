import Tensors

/// A frozen model from tokens to one vector for each token.
///
/// Token ids must lie in the vocabulary and sequences within `maximumPositions`. A sequence's states do not depend on
/// the other sequences, to the last bit.
public protocol TextEncoder: Sendable {
    /// C, the width of a token's vector.
    var hiddenSize: Int { get }
    var layerCount: Int { get }
    var vocabularySize: Int { get }
    /// Longest sequence, in tokens.
    var maximumPositions: Int { get }
    /// Every site, in order of layers and of application.
    var sites: [SiteDescription] { get }

    /// States of the base model that enter a layer, 0 to `layerCount`, of a packed batch: `[T, C]`.
    func states(of batch: PackedBatch, entering layer: Int, on tape: Tape) -> Variable

    /// Last hidden states, `[T, C]`, from the states that enter a layer.
    ///
    /// - Parameter offsets: of the sequences, as in ``PackedBatch/offsets``.
    func hiddenStates(
        from states: Variable, entering layer: Int, offsets: [Int], adapter: (any SiteAdapter)?, on tape: Tape
    ) -> Variable

    /// Last hidden states of a packed batch, `[T, C]`.
    func hiddenStates(of batch: PackedBatch, adapter: (any SiteAdapter)?, on tape: Tape) -> Variable

    /// Gives memory back that is quickly had again, such as pages of a mapped checkpoint.
    func rest()
}

extension TextEncoder {
    /// A sequence that stands in the batch more than once, for several adapters or for none, passes the layers below
    /// the lowest adapted one once.
    public func hiddenStates(of batch: PackedBatch, adapter: (any SiteAdapter)?, on tape: Tape) -> Variable {
        let layer = adapter?.lowestLayer ?? layerCount
        let repeated = RepeatedSequences(batch)
        guard layer > 0, repeated.distinct.count < batch.count else {
            let states = states(of: batch, entering: 0, on: tape)
            return hiddenStates(from: states, entering: 0, offsets: batch.offsets, adapter: adapter, on: tape)
        }
        let shared = states(of: repeated.distinct, entering: layer, on: tape)
        let states = tape.rows(repeated.rows.map { .copy($0, of: shared) }, columns: hiddenSize)
        return hiddenStates(from: states, entering: layer, offsets: batch.offsets, adapter: adapter, on: tape)
    }

    /// Mean over each sequence's tokens, divided by its length and multiplied by `scale`: `[B, C]`.
    public func features(
        of batch: PackedBatch, adapter: (any SiteAdapter)? = nil, scale: Float = 1, on tape: Tape
    ) -> Variable {
        let states = hiddenStates(of: batch, adapter: adapter, on: tape)
        return tape.normalize(tape.meanPool(states, offsets: batch.offsets), scale: scale)
    }
}

/// The distinct sequences of a batch, and where among their rows each of the batch's sequences has its own.
private struct RepeatedSequences {
    var distinct = PackedBatch()
    var rows: [Range<Int>] = []

    init(_ batch: PackedBatch) {
        var places: [[Int32]: Range<Int>] = [:]
        for sequence in batch.sequences {
            if let place = places[sequence] {
                rows.append(place)
            } else {
                let place = distinct.tokenCount..<distinct.tokenCount + sequence.count
                distinct.append(sequence)
                places[sequence] = place
                rows.append(place)
            }
        }
    }
}
