import CKernels

/// A safetensors file, mapped read-only and validated as a whole when opened.
///
/// Layout: eight bytes of header length, little-endian; a JSON header of names, element types, shapes and byte
/// ranges; then the tensors' bytes without a gap.
public final class SafetensorsFile: Sendable {
    public static let maximumHeaderBytes = 100_000_000

    public let path: String
    /// Free-text pairs of the header.
    public let metadata: [String: String]
    private let mapping: MappedFile
    private let dataStart: Int
    private let tensors: [String: Description]

    /// What the header says of one tensor.
    public struct Description: Sendable, Hashable {
        public let elementType: ElementType
        public let shape: [Int]
        /// Counted from the end of the header.
        public let bytes: Range<Int>
        public var elementCount: Int { shape.reduce(1, *) }
    }

    /// - Throws: ``TensorError``: the file cannot be read, or breaks a rule of the format.
    public convenience init(path: String) throws {
        try self.init(path: path, mapping: MappedFile(path: path))
    }

    /// The content of a file that was read before, such as to check its digest.
    ///
    /// - Throws: ``TensorError``: the content breaks a rule of the format; it calls the file by `name`.
    public convenience init(name: String, bytes: [UInt8]) throws {
        try self.init(path: name, mapping: MappedFile(copying: bytes))
    }

    /// After what is used often was copied: pages of the mapping count as resident only once they are touched again.
    public func releasePages() { mapping.releasePages() }

    private init(path: String, mapping: MappedFile) throws {
        self.path = path
        self.mapping = mapping
        func invalid(_ reason: String) -> TensorError { .invalidSafetensors(path: path, reason: reason) }
        guard mapping.count >= 8 else {
            throw invalid("\(mapping.count) bytes are too few to hold the header's length")
        }
        let length = UInt64(littleEndian: mapping.base.loadUnaligned(as: UInt64.self))
        guard length <= UInt64(Self.maximumHeaderBytes) else {
            throw invalid("a header of \(length) bytes is longer than \(Self.maximumHeaderBytes)")
        }
        dataStart = 8 + Int(length)
        guard dataStart <= mapping.count else {
            throw invalid("a header of \(length) bytes does not fit in a file of \(mapping.count)")
        }
        let bytes = UnsafeRawBufferPointer(start: mapping.base + 8, count: Int(length))
        // Trailing spaces pad the header; nothing may stand before its object.
        guard bytes.first == UInt8(ascii: "{") else { throw invalid("the header does not start with \"{\"") }
        let header: HeaderParser.Header
        do {
            header = try HeaderParser.parse(bytes)
        } catch {
            throw invalid(error.reason)
        }
        metadata = header.metadata
        tensors = try Layout(path: path, byteCount: mapping.count - dataStart).validate(header.tensors)
    }

    /// Names of all tensors, sorted.
    public var names: [String] { tensors.keys.sorted() }

    /// - Throws: ``TensorError/missingTensor(path:tensor:)``.
    public func description(of name: String) throws -> Description {
        guard let tensor = tensors[name] else { throw TensorError.missingTensor(path: path, tensor: name) }
        return tensor
    }

    public func contains(_ name: String) -> Bool { tensors[name] != nil }

    /// The tensor as float32: in place where it is F32, widened to a copy where it is F16 or BF16.
    ///
    /// A vector becomes one row. Further dimensions are not supported.
    ///
    /// - Parameter finite: whether elements that are infinite or not numbers are refused; all are read then.
    /// - Throws: ``TensorError``: it is missing, has another shape than `shape`, or its elements are of another type.
    public func matrix(named name: String, shape expected: [Int]? = nil, finite: Bool = false) throws -> Matrix {
        let tensor = try description(of: name)
        if let expected, tensor.shape != expected {
            throw TensorError.unexpectedShape(path: path, tensor: name, found: tensor.shape, expected: expected)
        }
        guard 1...2 ~= tensor.shape.count else {
            throw TensorError.invalidTensor(
                path: path, tensor: name, reason: "shape \(tensor.shape) is neither a vector nor a matrix")
        }
        let storage = try storage(of: name, tensor)
        let columns = tensor.shape[tensor.shape.count - 1]
        let matrix = Matrix(storage: storage, rows: tensor.shape.count == 1 ? 1 : tensor.shape[0], columns: columns)
        guard !finite || matrix.isFinite else {
            throw TensorError.invalidTensor(
                path: path, tensor: name, reason: "it has elements that are not finite numbers")
        }
        return matrix
    }

    private func storage(of name: String, _ tensor: Description) throws -> FloatStorage {
        let start = mapping.base + dataStart + tensor.bytes.lowerBound
        let count = tensor.elementCount
        let isAligned = Int(bitPattern: start) % MemoryLayout<Float>.alignment == 0
        if tensor.elementType == .f32, isAligned {
            return FloatStorage(
                mapping: mapping, base: start.assumingMemoryBound(to: Float.self), count: count)
        }
        let copy = FloatStorage(count: count)
        switch tensor.elementType {
        case .f32:
            UnsafeMutableRawPointer(copy.base).copyMemory(from: start, byteCount: tensor.bytes.count)
        case .f16, .bf16:
            // The bytes may lie at an odd address, which the kernels' element type must not.
            let halves = [UInt16](unsafeUninitializedCapacity: count) { buffer, initialized in
                UnsafeMutableRawBufferPointer(buffer).copyMemory(
                    from: UnsafeRawBufferPointer(start: start, count: tensor.bytes.count))
                initialized = count
            }
            let kernels = KernelSet.best.table
            (tensor.elementType == .f16 ? kernels.widen_f16 : kernels.widen_bf16)?(count, halves, copy.base)
        default:
            throw TensorError.unsupportedElementType(path: path, tensor: name, found: tensor.elementType.rawValue)
        }
        return copy
    }
}

/// Element types of the format.
public enum ElementType: String, Sendable, Hashable {
    case f64 = "F64"
    case f32 = "F32"
    case f16 = "F16"
    case bf16 = "BF16"
    case f8E4M3 = "F8_E4M3"
    case f8E5M2 = "F8_E5M2"
    case i64 = "I64"
    case i32 = "I32"
    case i16 = "I16"
    case i8 = "I8"
    case u64 = "U64"
    case u32 = "U32"
    case u16 = "U16"
    case u8 = "U8"
    case bool = "BOOL"

    public var byteCount: Int {
        switch self {
        case .f64, .i64, .u64: 8
        case .f32, .i32, .u32: 4
        case .f16, .bf16, .i16, .u16: 2
        case .f8E4M3, .f8E5M2, .i8, .u8, .bool: 1
        }
    }
}
