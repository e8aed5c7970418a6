import Glibc

/// Fixed-size float32 memory, aligned to cache lines: weights, a flat buffer of parameters, or their gradients.
// @unchecked Sendable: the pointer and count never change and the memory lives as long as the object. Weights are
// never written after they were filled. Parameters and gradients are written by their one owner between two
// fork-joins of a `WorkerPool`, or by the one thread whose tape they were given to; the pool's hand-over orders
// these writes with every read.
public final class FloatStorage: @unchecked Sendable {
    public let count: Int
    let base: UnsafeMutablePointer<Float>
    /// The mapping the memory belongs to; `nil` when it is this object's own.
    private let mapping: MappedFile?

    /// Zeros.
    public init(count: Int) {
        precondition(count >= 0, "storage of \(count) elements: the count must not be negative")
        self.count = count
        base = Memory.allocate(count)
        mapping = nil
        base.update(repeating: 0, count: count)
    }

    /// A copy of `values`.
    public convenience init(_ values: [Float]) {
        self.init(count: values.count)
        write(values, at: 0)
    }

    /// Memory of a mapped file, read-only.
    init(mapping: MappedFile, base: UnsafePointer<Float>, count: Int) {
        self.count = count
        self.base = UnsafeMutablePointer(mutating: base)
        self.mapping = mapping
    }

    deinit {
        if mapping == nil { base.deallocate() }
    }

    /// A copy of the elements in `range`.
    public subscript(range: Range<Int>) -> [Float] {
        check(range)
        return Array(UnsafeBufferPointer(start: base + range.lowerBound, count: range.count))
    }

    /// Replaces the elements from `offset` on.
    public func write(_ values: [Float], at offset: Int) {
        check(offset..<offset + values.count)
        checkWritable()
        values.withUnsafeBufferPointer { source in
            guard let start = source.baseAddress else { return }
            (base + offset).update(from: start, count: source.count)
        }
    }

    public func fill(_ value: Float) {
        checkWritable()
        base.update(repeating: value, count: count)
    }

    func check(_ range: Range<Int>) {
        precondition(
            range.lowerBound >= 0 && range.upperBound <= count,
            "elements \(range) lie outside a storage of \(count)")
    }

    func checkWritable() {
        precondition(mapping == nil, "a mapped checkpoint is read-only")
    }
}

enum Memory {
    /// Uninitialised, aligned to 64 bytes; large blocks to huge pages, which the kernel is asked for.
    static func allocate(_ count: Int) -> UnsafeMutablePointer<Float> {
        let hugePage = 1 << 21
        let bytes = max(count, 16) * MemoryLayout<Float>.stride
        let isLarge = bytes >= hugePage
        let memory = UnsafeMutableRawPointer.allocate(byteCount: bytes, alignment: isLarge ? hugePage : 64)
        // A wish: where the kernel does not grant it, ordinary pages serve.
        if isLarge { _ = madvise(memory, bytes, MADV_HUGEPAGE) }
        return memory.bindMemory(to: Float.self, capacity: max(count, 16))
    }
}
