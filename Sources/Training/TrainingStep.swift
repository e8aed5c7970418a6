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
        /// Of the batch's terms, before the step; penalties that a method adds to the gradients are not in it.
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
    private let gradients: [FloatStorage]
    private let moments: (first: FloatStorage, second: FloatStorage)
    private var step = 0
    /// Enough for full kernels, few enough that memory does not grow with the batch.
    private static let tokensPerPass = 256

    /// - Parameter adapter: where learning starts; it is not changed.
    public init(
        adapter: ClassifierAdapter, encoder: any TextEncoder, options: Recipe.Optimization, seed: UInt64,
        pool: WorkerPool
    ) {
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

    /// Where learning started.
    public var start: ClassifierAdapter { classifier.origin }
    public var layout: AdapterLayout { classifier.layout }

    /// A copy of the parameters, by ``AdapterLayout``.
    public var parameters: [Float] { classifier.parameters[0..<classifier.parameters.count] }

    /// Loss and gradients of a batch, by ``AdapterLayout``; nothing is changed.
    public func gradients(of batch: [LossTerm]) -> (loss: Float, gradients: [Float]) {
        let loss = differentiate(batch)
        return (loss, gradients[0][0..<gradients[0].count])
    }

    /// Learns a batch.
    ///
    /// - Parameter correct: may change the gradients before they are clipped; it may ask for other gradients meanwhile.
    /// - Throws: what `watch` throws on seeing the loss and the gradients' norm; the parameters are then unchanged.
    public func learn(
        _ batch: [LossTerm], learningRate: Double, correct: ((inout [Float]) -> Void)? = nil,
        watch: (Result) throws -> Void = { _ in }
    ) throws -> Result {
        step += 1
        let loss = differentiate(batch)
        if let correct {
            var corrected = gradients[0][0..<gradients[0].count]
            correct(&corrected)
            gradients[0].write(corrected, at: 0)
        }
        return try apply(loss: loss, tokens: Self.tokens(batch), learningRate: learningRate, watch: watch)
    }

    /// Learns a batch in parts, each differentiated alone.
    ///
    /// - Parameter combine: makes one gradient of the parts'.
    /// - Throws: what `watch` throws on seeing the loss and the gradient's norm; the parameters are then unchanged.
    public func learn(
        _ parts: [[LossTerm]], learningRate: Double, combine: ([[Float]]) -> [Float],
        watch: (Result) throws -> Void = { _ in }
    ) throws -> Result {
        step += 1
        var loss: Float = 0
        let slopes = parts.map { part in
            let (partLoss, slope) = gradients(of: part)
            loss += partLoss
            return slope
        }
        gradients[0].write(combine(slopes), at: 0)
        return try apply(loss: loss, tokens: Self.tokens(parts.joined()), learningRate: learningRate, watch: watch)
    }

    private static func tokens(_ terms: some Sequence<LossTerm>) -> Int {
        terms.reduce(0) { $0 + $1.example.ids.count }
    }

    /// One optimizer step along the gradients in the first share's buffer.
    private func apply(
        loss: Float, tokens: Int, learningRate: Double, watch: (Result) throws -> Void
    ) throws -> Result {
        let norm = Double(gradients[0].squaredNorm()).squareRoot()
        let result = Result(loss: loss, gradientNorm: norm, tokens: tokens)
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
    private func differentiate(_ batch: [LossTerm]) -> Float {
        let shares = TokenBalance.scattered(lengths: batch.map(\.example.ids.count), shares: pool.count)
        let (classifier, encoder, gradients) = (classifier, encoder, gradients)
        let (seed, step) = (seed, step)
        let losses = pool.map { share in
            gradients[share.index].fill(0)
            var loss: Float = 0
            for (number, pass) in Self.passes(shares[share.index].map { batch[$0] }).enumerated() {
                let tape = Tape(
                    arena: share.arena, parameters: classifier.parameters, gradients: gradients[share.index])
                let key = DropoutKey(
                    seed: seed, stream: UInt64(step * share.count + share.index) << 16 | UInt64(number))
                let features = encoder.features(
                    of: PackedBatch(pass.map(\.example.ids)), adapter: classifier.siteAdapter(dropout: key),
                    scale: Float(classifier.options.featureScale), on: tape)
                let logits = tape.linear(features, weight: classifier.headWeight, bias: classifier.headBias)
                let part = LossTerm.evaluate(pass, logits: tape.read(logits))
                tape.backward(from: logits, seed: part.gradients)
                loss += part.loss
            }
            return loss
        }
        for other in gradients.dropFirst() { gradients[0].add(other) }
        return losses.reduce(0, +)
    }

    /// A share in passes of consecutive examples: a tape holds all activations of its pass, about 200 kB a token.
    private static func passes(_ terms: [LossTerm]) -> [[LossTerm]] {
        var passes: [[LossTerm]] = []
        var tokens = 0
        for term in terms {
            if passes.isEmpty || tokens + term.example.ids.count > tokensPerPass {
                passes.append([])
                tokens = 0
            }
            passes[passes.count - 1].append(term)
            tokens += term.example.ids.count
        }
        return passes
    }
}
