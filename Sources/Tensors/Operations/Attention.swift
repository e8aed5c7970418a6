import CKernels

extension Tape {
    /// Scaled dot-product attention within each sequence, every token attending to all tokens of its own.
    ///
    /// - Parameters:
    ///   - joint: `[T, 3C]`, the queries, keys and values side by side.
    ///   - offsets: first row of each sequence, and T at the end.
    /// - Returns: `[T, C]`, the heads side by side.
    /// - SeeAlso: Vaswani et al. 2017, section 3.2.
    public func attention(_ joint: Variable, offsets: [Int], headCount: Int) -> Variable {
        let width = joint.columns / 3
        precondition(
            joint.columns == 3 * headCount * (width / headCount),
            "\(joint.columns) columns do not hold queries, keys and values of \(headCount) heads")
        precondition(
            offsets.first == 0 && offsets.last == joint.rows, "offsets \(offsets) do not span \(joint.rows) rows")
        let recording = requiresGradient(joint)
        let y = allocate(rows: joint.rows, columns: width, requiresGradient: recording)
        let shape = AttentionShape(headCount: headCount, headWidth: width / headCount, offsets: offsets)
        let probabilities = recording ? arena.allocate(shape.probabilityCount) : nil
        timed(.attention, shape.cost(products: 2)) {
            attend(shape, values(joint), probabilities: probabilities, into: values(y))
        }
        if let probabilities {
            record(AttentionRecord(joint: joint, y: y, shape: shape, probabilities: probabilities))
        }
        return y
    }

    /// - Parameter probabilities: where to keep them, `[n, n]` for every head; `nil` to forget them.
    private func attend(
        _ shape: AttentionShape, _ joint: UnsafePointer<Float>, probabilities: UnsafeMutablePointer<Float>?,
        into y: UnsafeMutablePointer<Float>
    ) {
        let heads = shape.heads
        let (square, kernels) = (shape.longest * shape.longest, kernels)
        let scratchCount = square + shape.longest * shape.headWidth
        withScratch(scratchCount * shareCount) { scratch in
            nonisolated(unsafe) let (joint, y, scratch, probabilities) = (joint, y, scratch, probabilities)
            forEachShare(of: heads.count) { share, range in
                let scores = scratch + share * scratchCount
                for head in heads[range] {
                    Self.attend(
                        kernels, shape, head, joint,
                        scores: probabilities.map { $0 + head.probabilityOffset } ?? scores,
                        transposed: scores + square, into: y)
                }
            }
        }
    }

    private static func attend(
        _ kernels: ck_kernels, _ shape: AttentionShape, _ head: AttentionShape.Head, _ joint: UnsafePointer<Float>,
        scores: UnsafeMutablePointer<Float>, transposed: UnsafeMutablePointer<Float>,
        into y: UnsafeMutablePointer<Float>
    ) {
        let (n, d, width, stride) = (head.length, shape.headWidth, shape.width, 3 * shape.width)
        let query = joint + head.row * stride + head.column
        kernels.transpose(n, d, query + width, stride, transposed, n)
        kernels.gemm(n, n, d, 1, query, stride, 1, transposed, n, scores, n, false)
        kernels.softmax(n, n, n, shape.scale, scores)
        kernels.gemm(
            n, d, n, 1, scores, n, 1, query + 2 * width, stride, y + head.row * width + head.column, width, false)
    }
}

private struct AttentionRecord: Record {
    let joint: Variable
    let y: Variable
    let shape: AttentionShape
    /// `[n, n]` for every head of every sequence.
    let probabilities: UnsafeMutablePointer<Float>

    var operation: Operation { .attention }
    var backwardCost: OperationCost { shape.cost(products: 4) }

    func backward(_ tape: Tape) {
        guard let dy = tape.gradient(y) else { return }
        let kernels = tape.kernels
        let (d, width, stride) = (shape.headWidth, shape.width, 3 * shape.width)
        let gradient = tape.gradientTarget(joint)
        let joint = tape.values(joint)
        tape.withScratch(shape.longest * (shape.longest + d)) { dScores in
            let transposed = dScores + shape.longest * shape.longest
            for head in shape.heads {
                let n = head.length
                let probability = probabilities + head.probabilityOffset
                let query = joint + head.row * stride + head.column
                let dQuery = gradient.base + head.row * stride + head.column
                let dOut = dy + head.row * width + head.column
                let accumulate = gradient.accumulate
                // dP = dO·Vᵀ, dV = Pᵀ·dO
                kernels.transpose(n, d, query + 2 * width, stride, transposed, n)
                kernels.gemm(n, n, d, 1, dOut, width, 1, transposed, n, dScores, n, false)
                kernels.gemm(n, d, n, 1, probability, 1, n, dOut, width, dQuery + 2 * width, stride, accumulate)
                kernels.softmax_gradient(n, n, n, shape.scale, probability, dScores)
                // dQ = dS·K, dK = dSᵀ·Q
                kernels.gemm(n, d, n, 1, dScores, n, 1, query + width, stride, dQuery, stride, accumulate)
                kernels.gemm(n, d, n, 1, dScores, 1, n, query, stride, dQuery + width, stride, accumulate)
            }
        }
        tape.releaseGradient(y)
    }
}

/// Where the heads of packed sequences lie.
private struct AttentionShape {
    let headCount: Int
    let headWidth: Int
    let offsets: [Int]

    struct Head {
        /// First row and column of the head, and its number of tokens.
        let row: Int
        let column: Int
        let length: Int
        let probabilityOffset: Int
    }

    var width: Int { headCount * headWidth }
    var scale: Float { 1 / Float(headWidth).squareRoot() }
    var longest: Int { lengths.max() ?? 0 }
    var probabilityCount: Int { headCount * lengths.reduce(0) { $0 + $1 * $1 } }
    private var lengths: [Int] { zip(offsets.dropFirst(), offsets).map { $0 - $1 } }

    var heads: [Head] {
        var heads: [Head] = []
        heads.reserveCapacity(headCount * lengths.count)
        var probabilityOffset = 0
        for (row, length) in zip(offsets, lengths) {
            for head in 0..<headCount {
                heads.append(
                    Head(row: row, column: head * headWidth, length: length, probabilityOffset: probabilityOffset))
                probabilityOffset += length * length
            }
        }
        return heads
    }

    /// Of a pass with so many products for each head; it reads four activations or writes them, and the scores twice.
    func cost(products: Int) -> OperationCost {
        let rows = offsets.last ?? 0
        return .streaming(
            4 * rows * width + 2 * probabilityCount, operations: products * 2 * headWidth * probabilityCount)
    }
}
