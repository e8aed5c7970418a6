extension Tape {
    /// Adds `bias` `[1, columns]` to every row of `output`, in place.
    public func addBias(_ bias: Matrix, to output: Variable.Slice) {
        precondition(
            bias.count == output.columns.count,
            "a bias of \(bias.count) elements does not fit \(output.columns.count) columns")
        let variable = output.variable
        var row = values(variable) + output.columns.lowerBound
        for _ in 0..<variable.rows {
            kernels.add_scaled(bias.count, 1, bias.base, row)
            row += variable.columns
        }
        guard isTrainable(bias) else { return }
        requireGradient(variable)
        record(BiasRecord(bias: bias, output: output))
    }
}

private struct BiasRecord: Record {
    let bias: Matrix
    let output: Variable.Slice

    var operation: Operation { .head }
    var backwardCost: OperationCost {
        .streaming(output.variable.rows * bias.count, operations: output.variable.rows * bias.count)
    }

    func backward(_ tape: Tape) {
        let variable = output.variable
        guard let dy = tape.gradient(variable), let gradient = tape.gradient(bias) else { return }
        for row in 0..<variable.rows {
            tape.kernels.add_scaled(
                bias.count, 1, dy + row * variable.columns + output.columns.lowerBound, gradient)
        }
    }
}
