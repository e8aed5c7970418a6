/// Handle of a `[rows, columns]` float32 matrix on a tape.
public struct Variable: Sendable {
    let index: Int
    public let rows: Int
    public let columns: Int

    public var count: Int { rows * columns }

    /// All columns, as an operation that adds in place takes them.
    public var slice: Slice { Slice(variable: self, columns: 0..<columns) }

    /// Some columns of a variable, such as the queries in a joint query, key and value product.
    public func slice(columns: Range<Int>) -> Slice {
        precondition(
            columns.lowerBound >= 0 && columns.upperBound <= self.columns,
            "columns \(columns) lie outside a variable of \(self.columns) columns")
        return Slice(variable: self, columns: columns)
    }

    public struct Slice: Sendable {
        public let variable: Variable
        public let columns: Range<Int>
    }
}
