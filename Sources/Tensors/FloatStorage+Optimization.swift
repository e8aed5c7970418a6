extension FloatStorage {
    /// Adds `scale` times `other`, element by element.
    public func add(_ other: FloatStorage, scale: Float = 1) {
        checkSameCount(other)
        checkWritable()
        KernelSet.best.table.add_scaled(count, scale, other.base, base)
    }

    /// Σ x².
    public func squaredNorm() -> Float { KernelSet.best.table.dot(count, base, base) }

    /// One step of AdamW in place, with decoupled weight decay and bias correction.
    ///
    /// - Parameters:
    ///   - moments: running means of the gradient and of its square, of this storage's size; updated.
    ///   - range: the elements to update, such as a group with its own learning rate.
    ///   - gradientScale: multiplies the gradients first, such as for clipping.
    ///   - step: 1 for the first step.
    /// - SeeAlso: Loshchilov & Hutter 2019, Decoupled weight decay regularization, algorithm 2.
    public func adamWStep(
        gradients: FloatStorage, moments: (first: FloatStorage, second: FloatStorage), range: Range<Int>,
        options: AdamWOptions, learningRate: Double, gradientScale: Double, step: Int
    ) {
        for other in [gradients, moments.first, moments.second] { checkSameCount(other) }
        check(range)
        checkWritable()
        let firstCorrection = 1 - power(options.beta1, step)
        let secondCorrection = 1 - power(options.beta2, step)
        let start = range.lowerBound
        KernelSet.best.table.adamw(
            range.count, base + start, gradients.base + start, moments.first.base + start,
            moments.second.base + start, Float(gradientScale), Float(options.beta1), Float(options.beta2),
            Float(learningRate / firstCorrection), Float(1 / secondCorrection.squareRoot()), Float(options.epsilon),
            Float(learningRate * options.weightDecay))
    }

    private func checkSameCount(_ other: FloatStorage) {
        precondition(other.count == count, "storages of \(other.count) and \(count) elements do not match")
    }

    private func power(_ base: Double, _ exponent: Int) -> Double {
        (0..<exponent).reduce(1) { product, _ in product * base }
    }
}

public struct AdamWOptions: Sendable, Hashable {
    public var beta1: Double
    public var beta2: Double
    public var epsilon: Double
    public var weightDecay: Double

    public init(beta1: Double = 0.9, beta2: Double = 0.999, epsilon: Double = 1e-8, weightDecay: Double = 0) {
        self.beta1 = beta1
        self.beta2 = beta2
        self.epsilon = epsilon
        self.weightDecay = weightDecay
    }
}
