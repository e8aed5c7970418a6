extension Tape {
    /// Mean over the tokens of each sequence: `[T, C]` to `[B, C]`.
    public func meanPool(_ x: Variable, offsets: [Int]) -> Variable {
        precondition(offsets.first == 0 && offsets.last == x.rows, "offsets \(offsets) do not span \(x.rows) rows")
        precondition(
            zip(offsets.dropFirst(), offsets).allSatisfy { $0 > $1 }, "a sequence without tokens has no mean")
        let recording = requiresGradient(x)
        let y = allocate(rows: offsets.count - 1, columns: x.columns, requiresGradient: recording)
        timed(.pooling, .streaming(x.count + y.count, operations: 2 * x.count)) {
            for sequence in 0..<y.rows {
                let mean = values(y) + sequence * x.columns
                mean.update(repeating: 0, count: x.columns)
                let rows = offsets[sequence]..<offsets[sequence + 1]
                let share = 1 / Float(rows.count)
                for row in rows { kernels.add_scaled(x.columns, share, values(x) + row * x.columns, mean) }
            }
        }
        if recording { record(MeanPoolRecord(x: x, y: y, offsets: offsets)) }
        return y
    }

    /// Each row divided by its Euclidean length, times `scale`. A row of zeros stays zero.
    public func normalize(_ x: Variable, scale: Float = 1) -> Variable {
        let recording = requiresGradient(x)
        let y = allocate(rows: x.rows, columns: x.columns, requiresGradient: recording)
        let factors = arena.allocate(x.rows)
        values(y).update(repeating: 0, count: y.count)
        for row in 0..<x.rows {
            let from = values(x) + row * x.columns
            let length = kernels.dot(x.columns, from, from).squareRoot()
            // As in torch.nn.functional.normalize, lengths below 1e-12 count as 1e-12.
            factors[row] = scale / (length < 1e-12 ? 1e-12 : length)
            kernels.add_scaled(x.columns, factors[row], from, values(y) + row * x.columns)
        }
        if recording { record(NormalizeRecord(x: x, y: y, scale: scale, factors: factors)) }
        return y
    }
}

private struct MeanPoolRecord: Record {
    let x: Variable
    let y: Variable
    let offsets: [Int]

    var operation: Operation { .pooling }
    var backwardCost: OperationCost { .streaming(2 * x.count + y.count, operations: 2 * x.count) }

    func backward(_ tape: Tape) {
        guard let dy = tape.gradient(y) else { return }
        let dx = tape.zeroedGradientTarget(x)
        for sequence in 0..<y.rows {
            let rows = offsets[sequence]..<offsets[sequence + 1]
            let share = 1 / Float(rows.count)
            for row in rows {
                tape.kernels.add_scaled(x.columns, share, dy + sequence * x.columns, dx + row * x.columns)
            }
        }
        tape.releaseGradient(y)
    }
}

private struct NormalizeRecord: Record {
    let x: Variable
    let y: Variable
    let scale: Float
    let factors: UnsafeMutablePointer<Float>

    var operation: Operation { .pooling }
    var backwardCost: OperationCost { .streaming(4 * y.count, operations: 6 * y.count) }

    /// dx = factor·(dy − y·(y·dy)/scale²)
    func backward(_ tape: Tape) {
        guard let gradient = tape.gradient(y) else { return }
        let target = tape.zeroedGradientTarget(x)
        for row in 0..<x.rows {
            let dy = gradient + row * x.columns
            let dx = target + row * x.columns
            let value = tape.values(y) + row * x.columns
            let projection = tape.kernels.dot(x.columns, value, dy) / (scale * scale)
            tape.kernels.add_scaled(x.columns, factors[row], dy, dx)
            tape.kernels.add_scaled(x.columns, -factors[row] * projection, value, dx)
        }
        tape.releaseGradient(y)
    }
}
