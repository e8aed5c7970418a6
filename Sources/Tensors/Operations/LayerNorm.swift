extension Tape {
    /// Layer norm of x, or of x + residual. All are `[T, C]`; `gain` and `bias` are `[1, C]` and frozen.
    ///
    /// - SeeAlso: Ba et al. 2016, Layer normalization.
    public func layerNorm(
        _ x: Variable, residual: Variable? = nil, gain: Matrix, bias: Matrix, epsilon: Float
    ) -> Variable {
        precondition(
            gain.count == x.columns && bias.count == x.columns,
            "gain of \(gain.count) and bias of \(bias.count) elements do not fit \(x.columns) columns")
        precondition(
            residual.map { $0.rows == x.rows && $0.columns == x.columns } ?? true,
            "the residual must have the shape [\(x.rows), \(x.columns)] of the input")
        let recording = requiresGradient(x) || (residual.map(requiresGradient) ?? false)
        let y = allocate(rows: x.rows, columns: x.columns, requiresGradient: recording)
        let normalized = recording ? arena.allocate(x.count) : nil
        let inverseDeviation = recording ? arena.allocate(x.rows) : nil
        timed(.layerNorm, .streaming((residual == nil ? 2 : 3) * x.count, operations: 8 * x.count)) {
            kernels.layer_norm(
                x.rows, x.columns, values(x), residual.map { UnsafePointer(values($0)) }, gain.base, bias.base,
                epsilon, values(y), normalized, inverseDeviation)
        }
        if let normalized, let inverseDeviation {
            record(
                LayerNormRecord(
                    x: x, residual: residual, y: y, gain: gain, normalized: normalized,
                    inverseDeviation: inverseDeviation))
        }
        return y
    }
}

private struct LayerNormRecord: Record {
    let x: Variable
    let residual: Variable?
    let y: Variable
    let gain: Matrix
    let normalized: UnsafeMutablePointer<Float>
    let inverseDeviation: UnsafeMutablePointer<Float>

    var operation: Operation { .layerNorm }
    var backwardCost: OperationCost { .streaming(3 * y.count, operations: 9 * y.count) }

    func backward(_ tape: Tape) {
        guard let dy = tape.gradient(y) else { return }
        // The sum's gradient belongs to both inputs: computed once into a fresh gradient, then added to the other.
        let inputs = [x, residual].compactMap { $0 }.filter(tape.requiresGradient)
        let fresh = inputs.first { tape.gradient($0) == nil }
        if let fresh {
            let target = tape.gradientTarget(fresh)
            pass(dy, into: target, tape)
            for input in inputs where input.index != fresh.index { tape.addGradient(target.base, to: input) }
        } else {
            for input in inputs { pass(dy, into: tape.gradientTarget(input), tape) }
        }
        tape.releaseGradient(y)
    }

    private func pass(
        _ dy: UnsafePointer<Float>, into target: (base: UnsafeMutablePointer<Float>, accumulate: Bool), _ tape: Tape
    ) {
        tape.kernels.layer_norm_gradient(
            y.rows, y.columns, dy, gain.base, normalized, inverseDeviation, target.base, target.accumulate)
    }
}
