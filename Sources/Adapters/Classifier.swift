import Schema
import Tensors
import Transformers

/// Answers for texts of any mix of adapters, with one pass of the base model for all of them.
///
/// An answer does not depend on what else is in the batch, to the last bit.
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
        let order = Self.groupedByAdapter(requests)
        let shares = TokenBalance.consecutive(
            lengths: order.map { requests[$0].tokens.count }, shares: pool.count)
        let parts: [[Output]]
        if requests.count < 2 * pool.count {
            // Too few to share out evenly: the threads share each product instead.
            parts = [pool.lead { team in outputs(order.map { requests[$0] }, on: Tape(team: team)) }]
        } else {
            parts = pool.map { share in
                passes(requests, positions: order[shares[share.index]]).flatMap { positions in
                    outputs(positions.map { requests[$0] }, on: Tape(arena: share.arena))
                }
            }
        }
        var results = [Output](repeating: Output(features: [], logits: []), count: requests.count)
        for (position, output) in zip(order, parts.joined()) { results[position] = output }
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

    /// Positions so that requests of one adapter are adjacent, adapters in order of their first request.
    private static func groupedByAdapter(_ requests: [Request]) -> [Int] {
        var ranks: [ObjectIdentifier?: Int] = [:]
        let rank = requests.map { request in
            let key = request.adapter.map(ObjectIdentifier.init)
            let rank = ranks[key] ?? ranks.count
            ranks[key] = rank
            return rank
        }
        return requests.indices.sorted { (rank[$0], $0) < (rank[$1], $1) }
    }

    private func passes(_ requests: [Request], positions: ArraySlice<Int>) -> [[Int]] {
        var passes: [[Int]] = []
        var tokens = 0
        for position in positions {
            let count = requests[position].tokens.count
            if passes.isEmpty || tokens + count > Self.tokensPerPass {
                passes.append([])
                tokens = 0
            }
            passes[passes.count - 1].append(position)
            tokens += count
        }
        return passes
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
            let scale = Float(adapter.options.featureScale)
            let scaled = tape.input(
                rows: rows.count, columns: features.columns, values: rows.flatMap { $0.map { $0 * scale } })
            let logits = tape.linear(scaled, weight: adapter.headWeight, bias: adapter.headBias)
            for (row, values) in rows.enumerated() {
                outputs.append(Output(features: values, logits: tape.read(logits, row: row)))
            }
        }
        return outputs
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
