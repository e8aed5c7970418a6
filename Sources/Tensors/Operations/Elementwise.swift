import CKernels

extension Tape {
    /// x + y, both `[T, C]`.
    public func add(_ x: Variable, _ y: Variable) -> Variable {
        precondition(
            x.rows == y.rows && x.columns == y.columns,
            "cannot add [\(x.rows), \(x.columns)] and [\(y.rows), \(y.columns)]")
        let recording = requiresGradient(x) || requiresGradient(y)
        let sum = allocate(rows: x.rows, columns: x.columns, requiresGradient: recording)
        values(sum).update(from: values(x), count: x.count)
        kernels.add_scaled(x.count, 1, values(y), values(sum))
        if recording { record(AddRecord(x: x, y: y, sum: sum)) }
        return sum
    }

    /// x·Φ(x), Φ the normal distribution function.
    ///
    /// - Parameter precision: of the projection before it. It is then what that projection would have fused, to the
    ///   bit: within 2e-4 after int8, where no gradient is asked for.
    /// - SeeAlso: Hendrycks & Gimpel 2016, Gaussian error linear units; the exact form, not the tanh approximation.
    public func gelu(_ x: Variable, after precision: Precision = .float32) -> Variable {
        let recording = requiresGradient(x)
        let y = allocate(rows: x.rows, columns: x.columns, requiresGradient: recording)
        let derivative = recording ? arena.allocate(x.count) : nil
        timed(.gelu, .streaming(x.count * (derivative == nil ? 2 : 3), operations: x.count)) {
            nonisolated(unsafe) let (from, to, slope) = (values(x), values(y), derivative)
            let (kernels, coarse) = (kernels, precision == .int8 && !recording ? ck_int8_best()?.pointee : nil)
            forEachShare(of: x.rows) { _, part in
                let (first, count) = (part.lowerBound * x.columns, part.count * x.columns)
                if let coarse { return coarse.gelu(count, from + first, to + first) }
                kernels.gelu(count, from + first, to + first, slope.map { $0 + first })
            }
        }
        if let derivative { record(GELURecord(x: x, y: y, derivative: derivative)) }
        return y
    }

    /// Adds `from`, which has the variable's shape, to the variable's gradient.
    func addGradient(_ from: UnsafePointer<Float>, to variable: Variable) {
        let target = gradientTarget(variable)
        if target.accumulate {
            kernels.add_scaled(variable.count, 1, from, target.base)
        } else {
            target.base.update(from: from, count: variable.count)
        }
    }

    /// The variable's gradient to add parts to, zero where there was none.
    func zeroedGradientTarget(_ variable: Variable) -> UnsafeMutablePointer<Float> {
        let target = gradientTarget(variable)
        if !target.accumulate { target.base.update(repeating: 0, count: variable.count) }
        return target.base
    }
}

private struct AddRecord: Record {
    let x: Variable
    let y: Variable
    let sum: Variable

    var operation: Operation { .layerNorm }
    var backwardCost: OperationCost { .streaming(3 * sum.count, operations: sum.count) }

    func backward(_ tape: Tape) {
        guard let gradient = tape.gradient(sum) else { return }
        for input in [x, y] where tape.requiresGradient(input) { tape.addGradient(gradient, to: input) }
        tape.releaseGradient(sum)
    }
}

private struct GELURecord: Record {
    let x: Variable
    let y: Variable
    let derivative: UnsafeMutablePointer<Float>

    var operation: Operation { .gelu }
    var backwardCost: OperationCost { .streaming(3 * y.count, operations: y.count) }

    func backward(_ tape: Tape) {
        guard let dy = tape.gradient(y) else { return }
        let dx = tape.gradientTarget(x)
        tape.kernels.multiply(y.count, derivative, dy, dx.base, dx.accumulate)
        tape.releaseGradient(y)
    }
}
