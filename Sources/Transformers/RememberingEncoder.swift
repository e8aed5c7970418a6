import Synchronization
import Tensors

/// An encoder that passes a sequence through its lower layers once, and keeps the states that leave them.
///
/// Below the lowest adapted layer a text's states are the base model's, whatever is learned above: what is trained on
/// for several epochs, replayed and judged needs only the upper layers again. States are kept in float32 as they were
/// computed, so that answers and gradients are the same to the last bit, until `limit` bytes are full.
public final class RememberingEncoder: TextEncoder {
    private struct Kept {
        var states: [[Int32]: [Float]] = [:]
        var bytes = 0
    }

    /// Its states are kept where they enter this layer.
    public let layer: Int
    private let base: any TextEncoder
    private let limit: Int
    private let kept = Mutex(Kept())

    /// - Parameters:
    ///   - layer: 1 to `layerCount`.
    ///   - limit: bytes of states kept.
    public init(_ base: any TextEncoder, layer: Int, limit: Int = 64 << 20) {
        precondition(1...base.layerCount ~= layer, "states enter layers 1 to \(base.layerCount), not \(layer)")
        self.base = base
        self.layer = layer
        self.limit = limit
    }

    public var hiddenSize: Int { base.hiddenSize }
    public var layerCount: Int { base.layerCount }
    public var vocabularySize: Int { base.vocabularySize }
    public var maximumPositions: Int { base.maximumPositions }
    public var sites: [SiteDescription] { base.sites }

    /// Bytes of states kept now.
    public var keptBytes: Int { kept.withLock { $0.bytes } }

    public func rest() { base.rest() }

    public func states(of batch: PackedBatch, entering layer: Int, on tape: Tape) -> Variable {
        base.states(of: batch, entering: layer, on: tape)
    }

    public func hiddenStates(
        from states: Variable, entering layer: Int, offsets: [Int], adapter: (any SiteAdapter)?, on tape: Tape
    ) -> Variable {
        base.hiddenStates(from: states, entering: layer, offsets: offsets, adapter: adapter, on: tape)
    }

    public func hiddenStates(of batch: PackedBatch, adapter: (any SiteAdapter)?, on tape: Tape) -> Variable {
        guard adapter?.lowestLayer ?? layerCount >= layer else {
            return base.hiddenStates(of: batch, adapter: adapter, on: tape)
        }
        let sequences = batch.sequences
        let known = kept.withLock { kept in sequences.map { kept.states[$0] } }
        let missing = PackedBatch(zip(sequences, known).filter { $1 == nil }.map(\.0))
        let fresh = missing.count > 0 ? base.states(of: missing, entering: layer, on: tape) : nil
        var next = 0
        let sources = zip(sequences, known).map { sequence, states -> Tape.RowSource in
            if let states { return .values(states) }
            guard let fresh else { preconditionFailure("states are either kept or fresh") }
            next += 1
            return .copy(missing.rows(of: next - 1..<next), of: fresh)
        }
        let states = tape.rows(sources, columns: hiddenSize)
        if missing.count > 0 {
            keep(zip(sequences, known).enumerated().compactMap { index, text in
                text.1 == nil ? (text.0, tape.read(states, rows: batch.rows(of: index..<index + 1))) : nil
            })
        }
        return base.hiddenStates(from: states, entering: layer, offsets: batch.offsets, adapter: adapter, on: tape)
    }

    private func keep(_ texts: [(tokens: [Int32], states: [Float])]) {
        kept.withLock { kept in
            for text in texts where kept.states[text.tokens] == nil {
                let bytes = text.states.count * MemoryLayout<Float>.stride
                guard kept.bytes + bytes <= limit else { continue }
                kept.bytes += bytes
                kept.states[text.tokens] = text.states
            }
        }
    }
}
