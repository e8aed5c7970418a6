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
    private let packed: PackedWeight?
    public let precision: Precision
    private let kernels: KernelSet
    private let packedForGradient = Mutex<PackedWeight?>(nil)

    /// - Parameters:
    ///   - weights: `[out, in]` each; their outputs lie side by side.
    ///   - biases: `[1, out]` for each weight, or none.
    ///   - precision: of the products; a reduced one needs packing.
    ///   - kernels: of products with packed weights, whatever the tape's.
    /// - Throws: ``TensorError/missingBLAS(reason:)`` without packing where OpenBLAS is not installed;
    ///   ``TensorError/unsupportedPrecision(_:needs:)``.
    public init(
        weights: [Matrix], biases: [Matrix], packing: Bool = true, precision: Precision = .float32,
        kernels: KernelSet = .best
    ) throws {
        precondition(!weights.isEmpty, "a projection needs a weight")
        precondition(
            weights.allSatisfy { $0.columns == weights[0].columns },
            "weights side by side must share their input width, found \(weights.map(\.columns))")
        precondition(
            biases.isEmpty || biases.map(\.count) == weights.map(\.rows),
            "biases of \(biases.map(\.count)) elements do not fit outputs of \(weights.map(\.rows))")
        precondition(packing || precision == .float32, "\(precision) weights must be packed")
        inputWidth = weights[0].columns
        outputWidth = weights.reduce(0) { $0 + $1.rows }
        self.weights = weights
        self.precision = precision
        self.kernels = kernels
        bias = biases.isEmpty ? nil : FloatStorage(biases.flatMap(\.values))
        if packing {
            packed = try PackedWeight(Self.joined(weights), precision: precision, kernels: kernels)
        } else {
            _ = try BLAS.information()
            packed = nil
        }
    }

    /// Weights that share an input as one `[out, in]` matrix.
    private static func joined(_ weights: [Matrix]) -> Matrix {
        if weights.count == 1 { return weights[0] }
        let rows = weights.reduce(0) { $0 + $1.rows }
        return Matrix(rows: rows, columns: weights[0].columns, values: weights.flatMap(\.values))
    }

    /// Of a product or its gradient: both read the weights and both activations once.
    func cost(rows: Int) -> OperationCost {
        let weight = inputWidth * outputWidth
        let bytes = weight * precision.bytes + rows * (inputWidth + outputWidth) * MemoryLayout<Float>.stride
        return OperationCost(operations: 2 * rows * weight, bytes: bytes)
    }

    /// y `[rows, out]` from x `[rows, in]`; with `gelu`, GELU(y) and, where asked for, its derivative.
    func multiply(
        on tape: Tape, rows: Int, _ x: UnsafePointer<Float>, into y: UnsafeMutablePointer<Float>, gelu: Bool,
        derivative: UnsafeMutablePointer<Float>?
    ) {
        if let packed {
            let fuses = gelu && (derivative == nil || precision != .int8)
            packed.multiply(
                on: tape, rows: rows, x, bias: bias?.base, into: y, fuses ? CK_GELU : CK_STORE,
                derivative: fuses ? derivative : nil)
            if gelu && !fuses { tape.kernels.gelu(rows * outputWidth, y, y, derivative) }
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
        if gelu { tape.kernels.gelu(rows * outputWidth, y, y, derivative) }
    }

    /// dx `[rows, in]` = dy·W, or added to it.
    func multiplyGradient(
        on tape: Tape, rows: Int, _ dy: UnsafePointer<Float>, into dx: UnsafeMutablePointer<Float>, accumulate: Bool
    ) {
        if packed != nil {
            weightForGradient().multiply(
                on: tape, rows: rows, dy, bias: nil, into: dx, accumulate ? CK_ACCUMULATE : CK_STORE)
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

    private func weightForGradient() -> PackedWeight {
        packedForGradient.withLock { packed in
            if let packed { return packed }
            let joint = Self.joined(weights)
            let fresh: PackedWeight
            do {
                fresh = try PackedWeight(
                    transposed: joint, precision: precision == .bfloat16 ? .bfloat16 : .float32, kernels: kernels)
            } catch {
                preconditionFailure("the forward product's precision was supported: \(error)")
            }
            packed = fresh
            return fresh
        }
    }
}
