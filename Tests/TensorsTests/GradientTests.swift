import Testing

import Tensors

@Suite("Gradients equal central differences")
struct GradientTests {
    private static func matrix(_ rows: Int, _ columns: Int, seed: UInt64) -> Matrix {
        var random = RandomValues(seed: seed)
        return Matrix(rows: rows, columns: columns, values: random.floats(rows * columns))
    }

    @Test("of a frozen projection", arguments: KernelSet.available, [false, true])
    func frozenLinear(kernels: KernelSet, gelu: Bool) throws {
        let projection = try FrozenLinear(
            weights: [Self.matrix(5, 6, seed: 1), Self.matrix(3, 6, seed: 2)],
            biases: [Self.matrix(1, 5, seed: 3), Self.matrix(1, 3, seed: 4)], kernels: kernels)
        GradientCheck(inputs: [(4, 6)])(kernels: kernels) { tape, x, _ in
            tape.linear(x[0], projection, gelu: gelu)
        }
    }

    @Test("of a trainable projection with bias", arguments: KernelSet.available)
    func linear(kernels: KernelSet) {
        GradientCheck(inputs: [(4, 6)], parameters: [(5, 6), (1, 5)])(kernels: kernels) { tape, x, parameters in
            tape.linear(x[0], weight: parameters[0], bias: parameters[1])
        }
    }

    @Test("of low-rank updates with segments of their own", arguments: KernelSet.available)
    func lowRank(kernels: KernelSet) {
        let check = GradientCheck(inputs: [(6, 5), (6, 9)], parameters: [(2, 5), (4, 2), (3, 5), (4, 3)])
        check(kernels: kernels) { tape, x, parameters in
            let first = LowRankUpdate(down: parameters[0], up: parameters[1], scale: 2)
            let second = LowRankUpdate(down: parameters[2], up: parameters[3], scale: 0.5)
            tape.addLowRank(
                [LowRankSegment(rows: 0..<2, update: first), LowRankSegment(rows: 3..<6, update: second)],
                of: x[0], to: x[1].slice(columns: 3..<7))
            return x[1]
        }
    }

    @Test("of layer norm with a residual", arguments: KernelSet.available)
    func layerNorm(kernels: KernelSet) {
        let (gain, bias) = (Self.matrix(1, 7, seed: 5), Self.matrix(1, 7, seed: 6))
        GradientCheck(inputs: [(3, 7), (3, 7)], tolerance: 1e-2)(kernels: kernels) { tape, x, _ in
            tape.layerNorm(x[0], residual: x[1], gain: gain, bias: bias, epsilon: 1e-5)
        }
    }

    @Test("of layer norm whose inputs have other uses too", arguments: KernelSet.available)
    func sharedInputs(kernels: KernelSet) {
        let (gain, bias) = (Self.matrix(1, 7, seed: 5), Self.matrix(1, 7, seed: 6))
        GradientCheck(inputs: [(3, 7), (3, 7)], tolerance: 1e-2)(kernels: kernels) { tape, x, _ in
            let normed = tape.layerNorm(x[0], residual: x[1], gain: gain, bias: bias, epsilon: 1e-5)
            let again = tape.layerNorm(normed, residual: x[0], gain: gain, bias: bias, epsilon: 1e-5)
            return tape.add(tape.add(again, x[1]), tape.add(normed, x[0]))
        }
    }

    @Test("of attention over sequences of several lengths", arguments: KernelSet.available)
    func attention(kernels: KernelSet) {
        GradientCheck(inputs: [(7, 24)])(kernels: kernels) { tape, x, _ in
            tape.attention(x[0], offsets: [0, 1, 4, 7], headCount: 2)
        }
    }

    @Test("of GELU and addition", arguments: KernelSet.available)
    func elementwise(kernels: KernelSet) {
        GradientCheck(inputs: [(3, 5), (3, 5)], range: -3...3)(kernels: kernels) { tape, x, _ in
            tape.add(tape.gelu(x[0]), x[1])
        }
    }

    @Test("of dropout", arguments: KernelSet.available)
    func dropout(kernels: KernelSet) {
        GradientCheck(inputs: [(6, 5)])(kernels: kernels) { tape, x, _ in
            tape.dropout(x[0], rate: 0.4, key: DropoutKey(seed: 3, stream: 9))
        }
    }

    @Test("of mean pooling and normalisation", arguments: KernelSet.available)
    func pooling(kernels: KernelSet) {
        GradientCheck(inputs: [(6, 5)])(kernels: kernels) { tape, x, _ in
            tape.normalize(tape.meanPool(x[0], offsets: [0, 1, 3, 6]), scale: 3)
        }
    }
}
