import Adapters
import Schema
import Tensors
import Transformers

/// One optimizer step after another on one adapter: packed batches, AdamW, clipping by the global norm.
///
/// A batch is shared out over the pool's threads by tokens. Each thread differentiates its share into gradients of its
/// own, which are added in order of the shares, so that a step is a function of its inputs and the thread count.
public final class TrainingStep {
    public struct Result: Sendable, Hashable {
        /// Mean cross-entropy over the batch, before the step.
        public var loss: Float
        /// Euclidean norm of all gradients, before clipping.
        public var gradientNorm: Double
        public var tokens: Int
    }

    private let encoder: any TextEncoder
    private let pool: WorkerPool
    private let options: Recipe.Optimization
    private let seed: UInt64
    private let classifier: TrainableClassifier
    private let logitOffsets: Matrix?
    private let gradients: [FloatStorage]
    private let moments: (first: FloatStorage, second: FloatStorage)
    private var step = 0
    /// Enough for full kernels, few enough that memory does not grow with the batch.
    private static let tokensPerPass = 256

    /// - Parameters:
    ///   - adapter: where learning starts; it is not changed.
    ///   - logitOffsets: added to the logits before the loss, one for each label; empty for none.
    public init(
        adapter: ClassifierAdapter, encoder: any TextEncoder, options: Recipe.Optimization, seed: UInt64,
        pool: WorkerPool, logitOffsets: [Float] = []
    ) {
        self.logitOffsets =
            logitOffsets.isEmpty ? nil : Matrix(rows: 1, columns: adapter.labels.count, values: logitOffsets)
        self.encoder = encoder
        self.pool = pool
        self.options = options
        self.seed = seed
        classifier = TrainableClassifier(adapter)
        let count = adapter.layout.count
        gradients = (0..<pool.count).map { _ in FloatStorage(count: count) }
        moments = (FloatStorage(count: count), FloatStorage(count: count))
    }

    /// An immutable copy of what has been learned so far.
    public func snapshot() -> ClassifierAdapter { classifier.snapshot() }

    /// Loss and gradients of a batch, by ``AdapterLayout``; nothing is changed.
    public func gradients(of batch: [TokenizedExample]) -> (loss: Float, gradients: [Float]) {
        let loss = differentiate(batch)
        return (loss, gradients[0][0..<gradients[0].count])
    }

    /// Learns a batch.
    ///
    /// - Throws: what `watch` throws on seeing the loss and the gradients' norm; the parameters are then unchanged.
    public func learn(
        _ batch: [TokenizedExample], learningRate: Double, watch: (Result) throws -> Void = { _ in }
    ) throws -> Result {
        step += 1
        let loss = differentiate(batch)
        let norm = Double(gradients[0].squaredNorm()).squareRoot()
        let result = Result(
            loss: loss, gradientNorm: norm, tokens: batch.reduce(0) { $0 + $1.ids.count })
        try watch(result)
        let clip = options.gradientClip
        classifier.parameters.adamWStep(
            gradients: gradients[0], moments: moments, range: 0..<classifier.parameters.count,
            options: AdamWOptions(
                beta1: options.beta1, beta2: options.beta2, epsilon: options.epsilon,
                weightDecay: options.weightDecay),
            learningRate: learningRate, gradientScale: clip > 0 && norm > clip ? clip / norm : 1, step: step)
        return result
    }

    /// Leaves the gradients' sum in the first share's buffer.
    private func differentiate(_ batch: [TokenizedExample]) -> Float {
        let shares = TokenBalance.scattered(lengths: batch.map(\.ids.count), shares: pool.count)
        let (classifier, encoder, gradients) = (classifier, encoder, gradients)
        let (seed, step, logitOffsets) = (seed, step, logitOffsets)
        let losses = pool.map { share in
            gradients[share.index].fill(0)
            var loss: Float = 0
            for (number, pass) in Self.passes(shares[share.index].map { batch[$0] }).enumerated() {
                let tape = Tape(
                    arena: share.arena, parameters: classifier.parameters, gradients: gradients[share.index])
                let key = DropoutKey(
                    seed: seed, stream: UInt64(step * share.count + share.index) << 16 | UInt64(number))
                let features = encoder.features(
                    of: PackedBatch(pass.map(\.ids)), adapter: classifier.siteAdapter(dropout: key),
                    scale: Float(classifier.options.featureScale), on: tape)
                let logits = tape.linear(features, weight: classifier.headWeight, bias: classifier.headBias)
                if let logitOffsets { tape.addBias(logitOffsets, to: logits.slice) }
                let part = tape.crossEntropy(logits, labels: pass.map(\.label), divisor: batch.count)
                tape.backward(from: part)
                loss += tape.read(part)[0]
            }
            return loss
        }
        for other in gradients.dropFirst() { gradients[0].add(other) }
        return losses.reduce(0, +)
    }

    /// A share in passes of consecutive examples: a tape holds all activations of its pass, about 200 kB a token.
    private static func passes(_ examples: [TokenizedExample]) -> [[TokenizedExample]] {
        var passes: [[TokenizedExample]] = []
        var tokens = 0
        for example in examples {
            if passes.isEmpty || tokens + example.ids.count > tokensPerPass {
                passes.append([])
                tokens = 0
            }
            passes[passes.count - 1].append(example)
            tokens += example.ids.count
        }
        return passes
    }
}
