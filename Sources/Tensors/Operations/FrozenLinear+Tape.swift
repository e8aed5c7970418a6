extension Tape {
    /// y = xWᵀ + b, or GELU of it, with frozen weights. x is `[T, in]`; returns `[T, out]`.
    ///
    /// Fused GELU cannot be followed by an in-place addition to the projection's own output.
    public func linear(_ x: Variable, _ projection: FrozenLinear, gelu: Bool = false) -> Variable {
        precondition(
            x.columns == projection.inputWidth,
            "a projection of \(projection.inputWidth) inputs cannot take \(x.columns) columns")
        let recording = requiresGradient(x)
        let y = allocate(rows: x.rows, columns: projection.outputWidth, requiresGradient: recording)
        let derivative = recording && gelu ? arena.allocate(y.count) : nil
        timed(.frozenLinear, projection.cost(rows: x.rows)) {
            projection.multiply(
                on: self, rows: x.rows, values(x), into: values(y), gelu: gelu, derivative: derivative)
        }
        if recording { record(FrozenLinearRecord(x: x, y: y, projection: projection, derivative: derivative)) }
        return y
    }
}

private struct FrozenLinearRecord: Record {
    let x: Variable
    let y: Variable
    let projection: FrozenLinear
    let derivative: UnsafeMutablePointer<Float>?

    var operation: Operation { .frozenLinear }
    var backwardCost: OperationCost { projection.cost(rows: x.rows) }

    func backward(_ tape: Tape) {
        guard let dy = tape.gradient(y) else { return }
        if let derivative { tape.kernels.multiply(y.count, derivative, dy, dy, false) }
        let dx = tape.gradientTarget(x)
        projection.multiplyGradient(on: tape, rows: x.rows, dy, into: dx.base, accumulate: dx.accumulate)
        tape.releaseGradient(y)
    }
}
