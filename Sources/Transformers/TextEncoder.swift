import Tensors

/// A frozen model from tokens to one vector for each token.
public protocol TextEncoder: Sendable {
    /// C, the width of a token's vector.
    var hiddenSize: Int { get }
    var layerCount: Int { get }
    var vocabularySize: Int { get }
    /// Longest sequence, in tokens.
    var maximumPositions: Int { get }
    /// Every site, in order of layers and of application.
    var sites: [SiteDescription] { get }

    /// Last hidden states of a packed batch, `[T, C]`.
    ///
    /// A sequence's states do not depend on the other sequences, to the last bit.
    /// Token ids must lie in the vocabulary and sequences within `maximumPositions`.
    func hiddenStates(of batch: PackedBatch, adapter: (any SiteAdapter)?, on tape: Tape) -> Variable
}

extension TextEncoder {
    /// Mean over each sequence's tokens, divided by its length and multiplied by `scale`: `[B, C]`.
    public func features(
        of batch: PackedBatch, adapter: (any SiteAdapter)? = nil, scale: Float = 1, on tape: Tape
    ) -> Variable {
        let states = hiddenStates(of: batch, adapter: adapter, on: tape)
        return tape.normalize(tape.meanPool(states, offsets: batch.offsets), scale: scale)
    }
}
