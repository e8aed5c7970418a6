extension Tape {
    /// y = xWᵀ + b with weights that may be trainable. x is `[T, in]`, `weight` `[out, in]`, `bias` `[1, out]`.
    public func linear(_ x: Variable, weight: Matrix, bias: Matrix? = nil) -> Variable {
        precondition(
            x.columns == weight.columns, "a [\(weight.rows), \(weight.columns)] weight cannot take \(x.columns) columns"
        )
        let recording = requiresGradient(x) || isTrainable(weight)
        let y = allocate(rows: x.rows, columns: weight.rows, requiresGradient: recording)
        timed(.head, .streaming(x.count + y.count + weight.count, operations: 2 * x.rows * weight.count)) {
            kernels.gemm_transposed(
                x.rows, weight.rows, x.columns, 1, values(x), x.columns, weight.base, weight.columns, values(y),
                weight.rows, false)
        }
        if recording { record(LinearRecord(x: x, y: y, weight: weight)) }
        if let bias { addBias(bias, to: y.slice) }
        return y
    }
}

private struct LinearRecord: Record {
    let x: Variable
    let y: Variable
    let weight: Matrix

    var operation: Operation { .head }
    var backwardCost: OperationCost {
        .streaming(2 * (x.count + weight.count) + y.count, operations: 4 * x.rows * weight.count)
    }

    func backward(_ tape: Tape) {
        guard let dy = tape.gradient(y) else { return }
        if let gradient = tape.gradient(weight) {
            // dW += dyᵀ·x
            tape.kernels.gemm(
                weight.rows, weight.columns, x.rows, 1, dy, 1, weight.rows, tape.values(x), x.columns, gradient,
                weight.columns, true)
        }
        if tape.requiresGradient(x) {
            let dx = tape.gradientTarget(x)
            tape.kernels.gemm(
                x.rows, x.columns, weight.rows, 1, dy, weight.rows, 1, weight.base, weight.columns, dx.base, x.columns,
                dx.accumulate)
        }
        tape.releaseGradient(y)
    }
}
