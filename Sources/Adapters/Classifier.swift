import Schema
import Tensors
import Transformers

/// Answers for texts of any mix of adapters, with one pass of the base model for all of them.
///
/// An answer does not depend on what else is in the batch, to the last bit. Requests of one text, such as for the base
/// model's features beside an adapter's answer, share the layers that no adapter changes.
public struct Classifier: Sendable {
    public struct Request: Sendable {
        /// Token ids, special ones included; at least one and at most the encoder's `maximumPositions`.
        public var tokens: [Int32]
        /// `nil` asks for the base model's features.
        public var adapter: ClassifierAdapter?

        public init(tokens: [Int32], adapter: ClassifierAdapter?) {
            self.tokens = tokens
            self.adapter = adapter
        }
    }

    public struct Output: Sendable, Hashable {
        /// `[C]`, mean over tokens, of Euclidean length 1.
        public var features: [Float]
        /// One for each of the adapter's labels; empty without an adapter.
        public var logits: [Float]
    }

    public let encoder: any TextEncoder
    /// Tokens in one pass of one thread: enough for full kernels, few enough for activations to stay in the cache.
    private static let tokensPerPass = 512

    public init(encoder: any TextEncoder) { self.encoder = encoder }

    /// Outputs in order of the requests. Blocks the calling thread, which takes a share of the work.
    public func outputs(_ requests: [Request], pool: WorkerPool) -> [Output] {
        if requests.isEmpty { return [] }
        let texts = Self.texts(of: requests)
        let lengths = texts.map { text in text.count * requests[text[0]].tokens.count }
        let parts: [[(position: Int, output: Output)]]
        if texts.count < 2 * pool.count {
            // Too few to share out evenly: the threads share each product instead.
            parts = [pool.lead { team in outputs(requests, at: texts.joined(), on: Tape(team: team)) }]
        } else {
            let shares = TokenBalance.consecutive(lengths: lengths, shares: pool.count)
            parts = pool.map { share in
                Self.passes(lengths, texts: shares[share.index]).flatMap { pass in
                    outputs(requests, at: texts[pass].joined(), on: Tape(arena: share.arena))
                }
            }
        }
        var results = [Output](repeating: Output(features: [], logits: []), count: requests.count)
        for part in parts.joined() { results[part.position] = part.output }
        return results
    }

    /// Logits in order of the texts, one for each label of the text's adapter.
    public func logits(_ batch: [(tokens: [Int32], adapter: ClassifierAdapter)], pool: WorkerPool) -> [[Float]] {
        outputs(batch.map { Request(tokens: $0.tokens, adapter: $0.adapter) }, pool: pool).map(\.logits)
    }

    /// Features of length 1, in order of the texts.
    public func features(_ texts: [[Int32]], adapter: ClassifierAdapter? = nil, pool: WorkerPool) -> [[Float]] {
        outputs(texts.map { Request(tokens: $0, adapter: adapter) }, pool: pool).map(\.features)
    }

    /// Positions of the requests of each text. Texts asked of the same adapter are adjacent, adapters in order of
    /// their first request.
    private static func texts(of requests: [Request]) -> [[Int]] {
        let ranks = ranks(requests)
        var texts: [[Int]] = []
        var places: [[Int32]: Int] = [:]
        for (position, request) in requests.enumerated() {
            if let place = places[request.tokens] {
                texts[place].append(position)
            } else {
                places[request.tokens] = texts.count
                texts.append([position])
            }
        }
        let keys = texts.map { text in text.map { ranks[$0] }.max() ?? 0 }
        return texts.indices.sorted { (keys[$0], $0) < (keys[$1], $1) }.map { texts[$0] }
    }

    /// A number for each request's adapter, in order of their first requests; 0 for none.
    private static func ranks(_ requests: [Request]) -> [Int] {
        var ranks: [ObjectIdentifier: Int] = [:]
        return requests.map { request in
            guard let adapter = request.adapter else { return 0 }
            let rank = ranks[ObjectIdentifier(adapter)] ?? ranks.count + 1
            ranks[ObjectIdentifier(adapter)] = rank
            return rank
        }
    }

    private static func passes(_ lengths: [Int], texts: Range<Int>) -> [Range<Int>] {
        var passes: [Range<Int>] = []
        var tokens = 0
        for text in texts {
            if let last = passes.last, tokens + lengths[text] <= tokensPerPass {
                passes[passes.count - 1] = last.lowerBound..<text + 1
            } else {
                passes.append(text..<text + 1)
                tokens = 0
            }
            tokens += lengths[text]
        }
        return passes
    }

    /// One pass over the requests at some positions.
    private func outputs(
        _ requests: [Request], at positions: some Sequence<Int>, on tape: Tape
    ) -> [(position: Int, output: Output)] {
        let positions = Array(positions)
        let ranks = Self.ranks(positions.map { requests[$0] })
        let order = positions.indices.sorted { (ranks[$0], $0) < (ranks[$1], $1) }.map { positions[$0] }
        return Array(zip(order, outputs(order.map { requests[$0] }, on: tape)))
    }

    /// One pass. Requests of one adapter must be adjacent.
    private func outputs(_ requests: [Request], on tape: Tape) -> [Output] {
        let batch = PackedBatch(requests.map(\.tokens))
        let runs = Self.runs(requests)
        let segments = runs.compactMap { run in
            run.adapter.map { SegmentedLowRank.Segment(rows: batch.rows(of: run.range), adapter: $0) }
        }
        let adapter = segments.isEmpty ? nil : SegmentedLowRank(segments: segments)
        let features = encoder.features(of: batch, adapter: adapter, on: tape)
        var outputs: [Output] = []
        for run in runs {
            let rows = run.range.map { tape.read(features, row: $0) }
            guard let adapter = run.adapter else {
                outputs += rows.map { Output(features: $0, logits: []) }
                continue
            }
            outputs += zip(rows, Self.logits(of: rows, adapter, on: tape)).map { Output(features: $0, logits: $1) }
        }
        return outputs
    }

    /// The same as in a pass of the encoder, to the last bit.
    ///
    /// - Parameter features: `[N][C]`, of length 1, as the adapter makes them.
    public func logits(of features: [[Float]], _ adapter: ClassifierAdapter, pool: WorkerPool) -> [[Float]] {
        features.isEmpty ? [] : pool.lead { team in Self.logits(of: features, adapter, on: Tape(team: team)) }
    }

    private static func logits(of features: [[Float]], _ adapter: ClassifierAdapter, on tape: Tape) -> [[Float]] {
        let scale = Float(adapter.options.featureScale)
        let scaled = tape.input(
            rows: features.count, columns: adapter.layout.featureWidth, values: features.flatMap { $0.map { $0 * scale } })
        let logits = tape.linear(scaled, weight: adapter.headWeight, bias: adapter.headBias)
        return features.indices.map { tape.read(logits, row: $0) }
    }

    private struct Run {
        var range: Range<Int>
        var adapter: ClassifierAdapter?
    }

    private static func runs(_ requests: [Request]) -> [Run] {
        var runs: [Run] = []
        for (position, request) in requests.enumerated() {
            if let last = runs.last, last.adapter === request.adapter {
                runs[runs.count - 1].range = last.range.lowerBound..<position + 1
            } else {
                runs.append(Run(range: position..<position + 1, adapter: request.adapter))
            }
        }
        return runs
    }
}
