import CKernels

/// In what numbers frozen projections are multiplied. Activations, sums, adapters and heads are float32 in all.
public enum Precision: String, Sendable, Hashable, CaseIterable, Codable {
    /// The reference.
    case float32
    /// Weights and inputs rounded to eight significant bits; sums in float32.
    case bfloat16
    /// Weights of each output in 255 levels, inputs of each token in 256; sums are exact. Gradients are float32.
    ///
    /// - SeeAlso: Dettmers et al. 2022, LLM.int8(), section 3.1, vector-wise quantization.
    case int8

    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let name = try container.decode(String.self)
        guard let precision = Self(rawValue: name) else {
            let known = Self.allCases.map(\.rawValue).joined(separator: ", ")
            throw DecodingError.dataCorruptedError(
                in: container, debugDescription: "\"\(name)\" is no precision; known: \(known)")
        }
        self = precision
    }

    /// Whether this processor has the instructions; without them a reduced precision would be slower than float32.
    public var isSupported: Bool {
        switch self {
        case .float32: true
        case .bfloat16: ck_bf16_best() != nil
        case .int8: ck_int8_best() != nil
        }
    }

    /// - Throws: ``TensorError/unsupportedPrecision(_:needs:)``.
    public func requireSupport() throws(TensorError) {
        if !isSupported { throw unsupported }
    }

    var unsupported: TensorError { .unsupportedPrecision(self, needs: requirement) }

    /// Of one weight.
    var bytes: Int {
        switch self {
        case .float32: 4
        case .bfloat16: 2
        case .int8: 1
        }
    }

    /// Processor feature that `isSupported` asks for.
    private var requirement: String {
        switch self {
        case .float32: "none"
        case .bfloat16: "avx512_bf16"
        case .int8: "avx512_vnni"
        }
    }
}
