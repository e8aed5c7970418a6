import CKernels
import Synchronization

/// A projection y = xWᵀ + b whose weights never change, several of them side by side where they share their input.
///
/// Packed weights are copied once into the order the kernels read them in; the copy for gradients is made when the
/// first gradient is asked for. Unpacked weights stay where they are, such as in a mapped file that other processes
/// share, and OpenBLAS multiplies by them.
public final class FrozenLinear: Sendable {
    public let inputWidth: Int
    public let outputWidth: Int
    private let weights: [Matrix]
    private let bias: FloatStorage?
    private let panels: FloatStorage?
    private let gradientPanels = Mutex<FloatStorage?>(nil)

    /// - Parameters:
    ///   - weights: `[out, in]` each; their outputs lie side by side.
    ///   - biases: `[1, out]` for each weight, or none.
    /// - Throws: ``TensorError/missingBLAS(reason:)`` without packing where OpenBLAS is not installed.
    public init(weights: [Matrix], biases: [Matrix], packing: Bool = true) throws {
        precondition(!weights.isEmpty, "a projection needs a weight")
        precondition(
            weights.allSatisfy { $0.columns == weights[0].columns },
            "weights side by side must share their input width, found \(weights.map(\.columns))")
        precondition(
            biases.isEmpty || biases.map(\.count) == weights.map(\.rows),
            "biases of \(biases.map(\.count)) elements do not fit outputs of \(weights.map(\.rows))")
        inputWidth = weights[0].columns
        outputWidth = weights.reduce(0) { $0 + $1.rows }
        self.weights = weights
        bias = biases.isEmpty ? nil : FloatStorage(biases.flatMap(\.values))
        if packing {
            let joint = Self.joined(weights)
            let packed = FloatStorage(count: ck_packed_count(joint.rows, joint.columns))
            ck_pack(joint.rows, joint.columns, joint.base, joint.columns, packed.base)
            panels = packed
        } else {
            _ = try BLAS.information()
            panels = nil
        }
    }

    /// Weights that share an input as one `[out, in]` matrix.
    private static func joined(_ weights: [Matrix]) -> Matrix {
        if weights.count == 1 { return weights[0] }
        let rows = weights.reduce(0) { $0 + $1.rows }
        return Matrix(rows: rows, columns: weights[0].columns, values: weights.flatMap(\.values))
    }

    /// y `[rows, out]` from x `[rows, in]`; with `gelu`, GELU(y) and, where asked for, its derivative.
    func multiply(
        _ kernels: ck_kernels, rows: Int, _ x: UnsafePointer<Float>, into y: UnsafeMutablePointer<Float>,
        gelu: Bool, derivative: UnsafeMutablePointer<Float>?
    ) {
        if let panels {
            kernels.linear(
                rows, outputWidth, inputWidth, x, inputWidth, panels.base, bias?.base, y, outputWidth,
                gelu ? CK_GELU : CK_STORE, derivative)
            return
        }
        if let bias {
            for row in 0..<rows { (y + row * outputWidth).update(from: bias.base, count: outputWidth) }
        }
        var column = 0
        for weight in weights {
            BLAS.multiply(
                rows: rows, columns: weight.rows, inner: inputWidth, x, strideA: inputWidth, weight.base,
                transposingB: true, into: y + column, strideC: outputWidth, accumulate: bias != nil)
            column += weight.rows
        }
        if gelu { kernels.gelu(rows * outputWidth, y, y, derivative) }
    }

    /// dx `[rows, in]` = dy·W, or added to it.
    func multiplyGradient(
        _ kernels: ck_kernels, rows: Int, _ dy: UnsafePointer<Float>, into dx: UnsafeMutablePointer<Float>,
        accumulate: Bool
    ) {
        if panels != nil {
            kernels.linear(
                rows, inputWidth, outputWidth, dy, outputWidth, packedForGradient().base, nil, dx, inputWidth,
                accumulate ? CK_ACCUMULATE : CK_STORE, nil)
            return
        }
        var column = 0
        for (index, weight) in weights.enumerated() {
            BLAS.multiply(
                rows: rows, columns: inputWidth, inner: weight.rows, dy + column, strideA: outputWidth, weight.base,
                transposingB: false, into: dx, strideC: inputWidth, accumulate: accumulate || index > 0)
            column += weight.rows
        }
    }

    private func packedForGradient() -> FloatStorage {
        gradientPanels.withLock { packed in
            if let packed { return packed }
            let joint = Self.joined(weights)
            let fresh = FloatStorage(count: ck_packed_count(joint.columns, joint.rows))
            ck_pack_transposed(joint.columns, joint.rows, joint.base, joint.columns, fresh.base)
            packed = fresh
            return fresh
        }
    }
}
