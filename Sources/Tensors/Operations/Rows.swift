extension Tape {
    /// Where some consecutive rows of a new variable come from.
    public enum RowSource {
        /// Whole rows, one after the other.
        case values([Float])
        /// Rows of a variable that requires no gradient.
        case copy(Range<Int>, of: Variable)
    }

    /// A variable of rows from several places, in their order. Nothing flows back through it.
    public func rows(_ sources: [RowSource], columns: Int) -> Variable {
        let counts = sources.map { source in
            switch source {
            case .values(let values):
                precondition(
                    values.count % columns == 0, "\(values.count) values do not make rows of \(columns)")
                return values.count / columns
            case .copy(let rows, let variable):
                precondition(
                    variable.columns == columns && rows.lowerBound >= 0 && rows.upperBound <= variable.rows,
                    "rows \(rows) of \(columns) columns lie outside a [\(variable.rows), \(variable.columns)] variable")
                precondition(!requiresGradient(variable), "rows are copied without their gradient")
                return rows.count
            }
        }
        let y = allocate(rows: counts.reduce(0, +), columns: columns)
        var target = values(y)
        for (source, count) in zip(sources, counts) {
            switch source {
            case .values(let values):
                values.withUnsafeBufferPointer { buffer in
                    if let base = buffer.baseAddress { target.update(from: base, count: values.count) }
                }
            case .copy(let rows, let variable):
                target.update(from: values(variable) + rows.lowerBound * columns, count: count * columns)
            }
            target += count * columns
        }
        return y
    }
}
