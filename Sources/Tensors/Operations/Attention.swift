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
        let mark = arena.mark
        let scores = probabilities ?? arena.allocate(shape.longest * shape.longest)
        let transposed = arena.allocate(shape.longest * shape.headWidth)
        shape.forEachHead { head in
            let scores = recording ? scores + head.probabilityOffset : scores
            attend(shape, head, values(joint), scores: scores, transposed: transposed, into: values(y))
        }
        arena.release(to: mark)
        if let probabilities {
            record(AttentionRecord(joint: joint, y: y, shape: shape, probabilities: probabilities))
        }
        return y
    }

    private func attend(
        _ shape: AttentionShape, _ head: AttentionShape.Head, _ joint: UnsafePointer<Float>,
        scores: UnsafeMutablePointer<Float>, transposed: UnsafeMutablePointer<Float>,
        into y: UnsafeMutablePointer<Float>
    ) {
        let (n, d, width, stride) = (head.length, shape.headWidth, shape.width, 3 * shape.width)
        let query = joint + head.row * stride + head.column
        shape.transposeHead(query + width, length: n, into: transposed)
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

    func backward(_ tape: Tape) {
        guard let dy = tape.gradient(y) else { return }
        let kernels = tape.kernels
        let (d, width, stride) = (shape.headWidth, shape.width, 3 * shape.width)
        let gradient = tape.gradientTarget(joint)
        let joint = tape.values(joint)
        tape.withScratch(shape.longest * (shape.longest + d)) { dScores in
            let transposed = dScores + shape.longest * shape.longest
            shape.forEachHead { head in
                let n = head.length
                let probability = probabilities + head.probabilityOffset
                let query = joint + head.row * stride + head.column
                let dQuery = gradient.base + head.row * stride + head.column
                let dOut = dy + head.row * width + head.column
                let accumulate = gradient.accumulate
                // dP = dO·Vᵀ, dV = Pᵀ·dO
                shape.transposeHead(query + 2 * width, length: n, into: transposed)
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

    func forEachHead(_ body: (Head) -> Void) {
        var probabilityOffset = 0
        for (row, length) in zip(offsets, lengths) {
            for head in 0..<headCount {
                body(
                    Head(row: row, column: head * headWidth, length: length, probabilityOffset: probabilityOffset))
                probabilityOffset += length * length
            }
        }
    }

    /// Rows of the joint matrix at one head as `[headWidth, length]`.
    func transposeHead(_ from: UnsafePointer<Float>, length: Int, into to: UnsafeMutablePointer<Float>) {
        for token in 0..<length {
            let row = from + token * 3 * width
            for column in 0..<headWidth { to[column * length + token] = row[column] }
        }
    }
}
