/// Which elements to drop: a function of seed, stream and element alone, whatever ran before.
public struct DropoutKey: Sendable, Hashable {
    public var seed: UInt64
    /// Tells apart the uses within one seed: step, site and share of the batch.
    public var stream: UInt64

    public init(seed: UInt64, stream: UInt64) {
        self.seed = seed
        self.stream = stream
    }

    /// Uniform 64-bit value of an element, by two rounds of the SplitMix64 finaliser (Steele et al. 2014).
    func value(at element: Int) -> UInt64 {
        Self.mix(Self.mix(seed &+ 0x9e37_79b9_7f4a_7c15 &* (stream &+ 1)) &+ UInt64(element))
    }

    private static func mix(_ value: UInt64) -> UInt64 {
        var bits = value &+ 0x9e37_79b9_7f4a_7c15
        bits = (bits ^ (bits >> 30)) &* 0xbf58_476d_1ce4_e5b9
        bits = (bits ^ (bits >> 27)) &* 0x94d0_49bb_1331_11eb
        return bits ^ (bits >> 31)
    }
}

extension Tape {
    /// x with a share of `rate` of its elements set to zero and the others multiplied by 1 / (1 − rate).
    ///
    /// - SeeAlso: Srivastava et al. 2014, Dropout.
    public func dropout(_ x: Variable, rate: Double, key: DropoutKey) -> Variable {
        precondition(0..<1 ~= rate, "a dropout rate must lie in 0..<1, found \(rate)")
        if rate == 0 { return x }
        let recording = requiresGradient(x)
        let y = allocate(rows: x.rows, columns: x.columns, requiresGradient: recording)
        let mask = arena.allocate(x.count)
        let threshold = UInt64(rate * 0x1p64)
        let scale = Float(1 / (1 - rate))
        timed(.dropout, .streaming(4 * x.count, operations: x.count)) {
            for element in 0..<x.count { mask[element] = key.value(at: element) < threshold ? 0 : scale }
            kernels.multiply(x.count, values(x), mask, values(y), false)
        }
        if recording { record(DropoutRecord(x: x, y: y, mask: mask)) }
        return y
    }
}

private struct DropoutRecord: Record {
    let x: Variable
    let y: Variable
    let mask: UnsafeMutablePointer<Float>

    var operation: Operation { .dropout }
    var backwardCost: OperationCost { .streaming(3 * y.count, operations: y.count) }

    func backward(_ tape: Tape) {
        guard let dy = tape.gradient(y) else { return }
        let dx = tape.gradientTarget(x)
        tape.kernels.multiply(y.count, mask, dy, dx.base, dx.accumulate)
        tape.releaseGradient(y)
    }
}
