/// A row-major float32 matrix inside a storage: a frozen weight, or a trainable one when its storage is the one
/// a tape differentiates.
public struct Matrix: Sendable {
    public let storage: FloatStorage
    public let offset: Int
    public let rows: Int
    public let columns: Int

    public var count: Int { rows * columns }
    public var range: Range<Int> { offset..<offset + count }

    /// The part of `storage` that starts at `offset`.
    public init(storage: FloatStorage, offset: Int = 0, rows: Int, columns: Int) {
        precondition(
            rows >= 0 && columns >= 0 && offset >= 0 && offset + rows * columns <= storage.count,
            "a [\(rows), \(columns)] matrix at \(offset) does not fit in a storage of \(storage.count) elements")
        self.storage = storage
        self.offset = offset
        self.rows = rows
        self.columns = columns
    }

    /// A matrix with a storage of its own.
    public init(rows: Int, columns: Int, values: [Float]) {
        precondition(
            values.count == rows * columns, "\(values.count) values do not make a [\(rows), \(columns)] matrix")
        self.init(storage: FloatStorage(values), rows: rows, columns: columns)
    }

    /// A copy of the elements, row by row.
    public var values: [Float] { storage[range] }

    /// Whether no element is infinite or not a number.
    public var isFinite: Bool {
        // Where the sum of squares is finite, every element is; it overflows only for enormous ones.
        KernelSet.best.table.dot(count, base, base).isFinite || values.allSatisfy(\.isFinite)
    }

    var base: UnsafePointer<Float> { UnsafePointer(storage.base + offset) }
}
