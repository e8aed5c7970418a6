/// Low-rank update of a projection: y = Wx + s·B(Ax).
///
/// - SeeAlso: Hu et al. 2021, LoRA, section 4.1.
public struct LowRankUpdate: Sendable {
    /// A, `[rank, in]`.
    public let down: Matrix
    /// B, `[out, rank]`.
    public let up: Matrix
    /// s, such as α/r.
    public let scale: Float

    public var rank: Int { down.rows }

    public init(down: Matrix, up: Matrix, scale: Float) {
        precondition(
            down.rows == up.columns,
            "A [\(down.rows), \(down.columns)] and B [\(up.rows), \(up.columns)] must share their rank")
        self.down = down
        self.up = up
        self.scale = scale
    }
}

/// Consecutive rows that share an update.
public struct LowRankSegment: Sendable {
    public let rows: Range<Int>
    public let update: LowRankUpdate

    public init(rows: Range<Int>, update: LowRankUpdate) {
        self.rows = rows
        self.update = update
    }

    /// Of adding the update once.
    var cost: OperationCost {
        let (inputs, outputs) = (update.down.columns, update.up.rows)
        return .streaming(
            rows.count * (inputs + 2 * outputs) + update.rank * (inputs + outputs),
            operations: 2 * rows.count * update.rank * (inputs + outputs))
    }
}

extension Tape {
    /// Adds s·B(Ax) to `output`, in place, each segment of rows with its own A, B and s; other rows stay as they are.
    ///
    /// - Parameters:
    ///   - x: `[T, in]`.
    ///   - output: `[T, out]`, or the columns of a wider variable that hold this projection.
    public func addLowRank(_ segments: [LowRankSegment], of x: Variable, to output: Variable.Slice) {
        for segment in segments {
            check(segment, x: x, output: output)
            timed(.lowRank, segment.cost) { addLowRank(segment, of: x, to: output) }
        }
    }

    private func check(_ segment: LowRankSegment, x: Variable, output: Variable.Slice) {
        let update = segment.update
        precondition(x.rows == output.variable.rows, "\(x.rows) rows cannot be added to \(output.variable.rows)")
        precondition(
            segment.rows.lowerBound >= 0 && segment.rows.upperBound <= x.rows,
            "rows \(segment.rows) lie outside a variable of \(x.rows) rows")
        precondition(
            update.down.columns == x.columns && update.up.rows == output.columns.count,
            "an update from \(update.down.columns) to \(update.up.rows) columns does not fit a projection from "
                + "\(x.columns) to \(output.columns.count)")
    }

    private func addLowRank(_ segment: LowRankSegment, of x: Variable, to output: Variable.Slice) {
        let update = segment.update
        let (rows, rank, width) = (segment.rows.count, update.rank, update.up.rows)
        let recording = isTrainable(update.down) || isTrainable(update.up) || requiresGradient(x)
        let mark = arena.mark
        let hidden = arena.allocate(rows * rank)
        let (inputs, stride, kernels) = (x.columns, output.variable.columns, kernels)
        withScratch(rank * width) { transposed in
            kernels.transpose(width, rank, update.up.base, rank, transposed, width)
            nonisolated(unsafe) let (hidden, transposed) = (hidden, transposed)
            nonisolated(unsafe) let from = values(x) + segment.rows.lowerBound * inputs
            nonisolated(unsafe) let to =
                values(output.variable) + segment.rows.lowerBound * stride + output.columns.lowerBound
            forEachShare(of: rows) { _, part in
                let (first, count) = (part.lowerBound, part.count)
                kernels.gemm_transposed(
                    count, rank, inputs, 1, from + first * inputs, inputs, update.down.base, inputs,
                    hidden + first * rank, rank, false)
                kernels.gemm(
                    count, width, rank, update.scale, hidden + first * rank, rank, 1, transposed, width,
                    to + first * stride, stride, true)
            }
        }
        guard recording else { return arena.release(to: mark) }
        requireGradient(output.variable)
        record(LowRankRecord(segment: segment, x: x, output: output, hidden: hidden))
    }
}

private struct LowRankRecord: Record {
    let segment: LowRankSegment
    let x: Variable
    let output: Variable.Slice
    /// Ax, `[rows, rank]`.
    let hidden: UnsafeMutablePointer<Float>

    var operation: Operation { .lowRank }
    /// Two products more than forward, of the same sizes.
    var backwardCost: OperationCost {
        OperationCost(operations: 2 * segment.cost.operations, bytes: 2 * segment.cost.bytes)
    }

    func backward(_ tape: Tape) {
        guard let gradient = tape.gradient(output.variable) else { return }
        let update = segment.update
        let (rows, rank, width, stride) = (segment.rows.count, update.rank, update.up.rows, output.variable.columns)
        let dy = gradient + segment.rows.lowerBound * stride + output.columns.lowerBound
        let kernels = tape.kernels
        if let dUp = tape.gradient(update.up) {
            // dBᵀ = s·hᵀ·dy: the long side lies along the vectors.
            tape.withScratch(rank * width) { transposed in
                kernels.gemm(rank, width, rows, update.scale, hidden, 1, rank, dy, stride, transposed, width, false)
                addTransposed(transposed, rows: rank, columns: width, to: dUp)
            }
        }
        // Taken before the scratch memory, which it must outlive.
        let dx = tape.requiresGradient(x) ? tape.zeroedGradientTarget(x) : nil
        tape.withScratch(rows * rank + rank * width) { dHidden in
            let transposed = dHidden + rows * rank
            kernels.transpose(width, rank, update.up.base, rank, transposed, width)
            kernels.gemm_transposed(
                rows, rank, width, update.scale, dy, stride, transposed, width, dHidden, rank, false)
            let from = tape.values(x) + segment.rows.lowerBound * x.columns
            if let dDown = tape.gradient(update.down) {
                kernels.gemm(rank, x.columns, rows, 1, dHidden, 1, rank, from, x.columns, dDown, x.columns, true)
            }
            guard let dx else { return }
            kernels.gemm(
                rows, x.columns, rank, 1, dHidden, rank, 1, update.down.base, x.columns,
                dx + segment.rows.lowerBound * x.columns, x.columns, true)
        }
    }
}

private func addTransposed(
    _ from: UnsafePointer<Float>, rows: Int, columns: Int, to: UnsafeMutablePointer<Float>
) {
    for column in 0..<columns {
        for row in 0..<rows { to[column * rows + row] += from[row * columns + column] }
    }
}
