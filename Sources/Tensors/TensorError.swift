/// What can be wrong with tensor files and with the numeric libraries of this machine.
public enum TensorError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The operating system refused: what was tried, on which path, and its reason.
    case file(path: String, operation: String, reason: String)
    /// The file is not a valid safetensors file.
    case invalidSafetensors(path: String, reason: String)
    /// One tensor of the file breaks a rule of the format.
    case invalidTensor(path: String, tensor: String, reason: String)
    case missingTensor(path: String, tensor: String)
    case unexpectedShape(path: String, tensor: String, found: [Int], expected: [Int])
    /// The tensor's element type cannot be read as float32.
    case unsupportedElementType(path: String, tensor: String, found: String)
    /// OpenBLAS could not be loaded.
    case missingBLAS(reason: String)
    /// This processor lacks the instructions that make a precision worth having, or kernels without them are in use.
    case unsupportedPrecision(Precision, needs: String)
    /// `PERENNIAL_KERNELS` asks for kernels that there are none of, or none that this processor can run.
    case unknownKernels(String, available: [String])
    /// A symmetric system has no unique solution: its leading minor of this order is not positive.
    case notPositiveDefinite(order: Int)

    public var description: String {
        switch self {
        case .file(let path, let operation, let reason):
            "cannot \(operation) \(path): \(reason)"
        case .invalidSafetensors(let path, let reason):
            "\(path) is not a valid safetensors file: \(reason); fetch it again"
        case .invalidTensor(let path, let tensor, let reason):
            "tensor \"\(tensor)\" in \(path) is not valid: \(reason); fetch the file again"
        case .missingTensor(let path, let tensor):
            "\(path) has no tensor \"\(tensor)\": the file belongs to another kind of model"
        case .unexpectedShape(let path, let tensor, let found, let expected):
            "tensor \"\(tensor)\" in \(path) has shape \(found), expected \(expected)"
        case .unsupportedElementType(let path, let tensor, let found):
            "tensor \"\(tensor)\" in \(path) has elements of type \(found), expected F32, F16 or BF16"
        case .missingBLAS(let reason):
            reason
        case .unsupportedPrecision(let precision, let feature):
            "precision \(precision.rawValue) needs \(feature) and the avx512 kernels; use float32 here"
        case .unknownKernels(let name, let available):
            "PERENNIAL_KERNELS is \"\(name)\"; this processor can run \(available.joined(separator: ", ")): "
                + "set it to one of them, or leave it out"
        case .notPositiveDefinite(let order):
            "the sums of the analytic head are not positive definite (minor \(order)); use a larger analytic.ridge"
        }
    }
}
