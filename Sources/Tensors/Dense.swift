import COpenBLAS

/// Products and symmetric systems of dense float32 matrices, for what is solved and not trained.
///
/// On one thread, but for what takes a pool: that is done block by block, with the same result whatever shares the blocks
/// out. All of it needs a library that ``BLAS/information()`` has found.
public enum Dense {
    /// `factor`·I.
    public static func identity(_ size: Int, times factor: Float) -> Matrix {
        let matrix = Matrix(storage: FloatStorage(count: size * size), rows: size, columns: size)
        for index in 0..<size { matrix.storage.base[index * size + index] = factor }
        return matrix
    }

    /// A·B, or A·Bᵀ.
    public static func product(_ a: Matrix, _ b: Matrix, transposingB: Bool = false) -> Matrix {
        let c = Matrix(
            storage: FloatStorage(count: a.rows * (transposingB ? b.rows : b.columns)), rows: a.rows,
            columns: transposingB ? b.rows : b.columns)
        add(a, b, transposingB: transposingB, to: c)
        return c
    }

    /// C += factor · op(A)·op(B), each operand transposed where asked.
    public static func add(
        _ a: Matrix, _ b: Matrix, transposingA: Bool = false, transposingB: Bool = false, factor: Float = 1,
        to c: Matrix
    ) {
        let rows = transposingA ? a.columns : a.rows
        let inner = transposingA ? a.rows : a.columns
        let columns = transposingB ? b.rows : b.columns
        precondition(
            inner == (transposingB ? b.columns : b.rows) && c.rows == rows && c.columns == columns,
            "[\(a.rows), \(a.columns)] and [\(b.rows), \(b.columns)] do not multiply to [\(c.rows), \(c.columns)]")
        c.storage.checkWritable()
        guard rows > 0, columns > 0, inner > 0 else { return }
        cblas_library_product(
            transposingA, transposingB, Int32(rows), Int32(columns), Int32(inner), factor, a.base, Int32(a.columns),
            b.base, Int32(b.columns), 1, c.storage.base + c.offset, Int32(columns))
    }

    /// Lower triangle of G += AᵀA; what stands above the diagonal is not touched.
    public static func addGram(of a: Matrix, to gram: Matrix, pool: WorkerPool? = nil) {
        let size = gram.rows
        precondition(
            size == a.columns && gram.columns == a.columns,
            "the Gram matrix of \(a.columns) columns is not [\(gram.rows), \(gram.columns)]")
        gram.storage.checkWritable()
        guard a.rows > 0 else { return }
        nonisolated(unsafe) let (from, to) = (a.base, gram.storage.base + gram.offset)
        let (inner, row) = (Int32(a.rows), Int32(size))
        forEachBlock(of: 0..<size, pool) { block in
            let (start, count) = (block.lowerBound, Int32(block.count))
            let rows = to + start * size
            if start > 0 {
                cblas_library_product(
                    true, false, count, Int32(start), inner, 1, from + start, row, from, row, 1, rows, row)
            }
            cblas_library_gram(count, inner, from + start, row, rows + start, row)
        }
    }

    /// Negative elements become zero.
    public static func rectify(_ matrix: Matrix) {
        matrix.storage.checkWritable()
        let base = matrix.storage.base + matrix.offset
        for index in 0..<matrix.count { base[index] = max(base[index], 0) }
    }

    /// Adds `factor` times row `source` of one matrix to row `target` of another of the same width.
    public static func addRow(_ source: Int, of a: Matrix, factor: Float, to target: Int, of b: Matrix) {
        precondition(a.columns == b.columns, "rows of \(a.columns) and \(b.columns) elements")
        precondition(source < a.rows && target < b.rows, "row \(source) to row \(target) lies outside")
        b.storage.checkWritable()
        let from = a.base + source * a.columns
        let into = b.storage.base + b.offset + target * b.columns
        for column in 0..<a.columns { into[column] += factor * from[column] }
    }

    public static func copy(_ matrix: Matrix) -> Matrix {
        corner(of: matrix, rows: matrix.rows, columns: matrix.columns)
    }

    /// The product of each row of one matrix with the same row of another.
    public static func rowProducts(_ a: Matrix, _ b: Matrix) -> [Float] {
        precondition(
            a.rows == b.rows && a.columns == b.columns,
            "[\(a.rows), \(a.columns)] and [\(b.rows), \(b.columns)] do not match")
        return (0..<a.rows).map { row in
            (row * a.columns..<(row + 1) * a.columns).reduce(0) { $0 + a.base[$1] * b.base[$1] }
        }
    }

    /// A copy with so many rows more, of zeros.
    public static func appendingZeroRows(_ count: Int, to matrix: Matrix) -> Matrix {
        let rows = matrix.rows + count
        let longer = Matrix(
            storage: FloatStorage(count: rows * matrix.columns), rows: rows, columns: matrix.columns)
        longer.storage.base.update(from: matrix.base, count: matrix.count)
        return longer
    }

    /// A copy of the first rows and columns.
    public static func corner(of matrix: Matrix, rows: Int, columns: Int) -> Matrix {
        precondition(rows <= matrix.rows && columns <= matrix.columns, "a corner larger than its matrix")
        let corner = Matrix(storage: FloatStorage(count: rows * columns), rows: rows, columns: columns)
        for row in 0..<rows {
            (corner.storage.base + row * columns).update(from: matrix.base + row * matrix.columns, count: columns)
        }
        return corner
    }

    /// Multiplies a row by a factor.
    public static func scaleRow(_ row: Int, of matrix: Matrix, by factor: Float) {
        precondition(row < matrix.rows, "row \(row) of \(matrix.rows)")
        matrix.storage.checkWritable()
        let base = matrix.storage.base + matrix.offset + row * matrix.columns
        for column in 0..<matrix.columns { base[column] *= factor }
    }

    /// A symmetric matrix, of which the lower triangle is read, packed row by row: `n(n+1)/2` elements.
    public static func packed(_ matrix: Matrix) -> [Float] {
        var packed: [Float] = []
        packed.reserveCapacity(matrix.rows * (matrix.rows + 1) / 2)
        for row in 0..<matrix.rows {
            packed.append(
                contentsOf: UnsafeBufferPointer(start: matrix.base + row * matrix.columns, count: row + 1))
        }
        return packed
    }

    /// The lower triangle that ``packed(_:)`` wrote; zeros above.
    public static func unpacked(_ packed: Matrix, size: Int) -> Matrix {
        precondition(packed.count == size * (size + 1) / 2, "\(packed.count) elements are no triangle of \(size) rows")
        let matrix = Matrix(storage: FloatStorage(count: size * size), rows: size, columns: size)
        var source = packed.base
        for row in 0..<size {
            (matrix.storage.base + row * size).update(from: source, count: row + 1)
            source += row + 1
        }
        return matrix
    }

    /// (G + ridge·I)⁻¹, both triangles, of a symmetric G whose lower triangle is read. Computed in float64.
    ///
    /// - Throws: ``TensorError/notPositiveDefinite(order:)``.
    public static func inverse(of gram: Matrix, ridge: Double) throws(TensorError) -> Matrix {
        let size = gram.rows
        let work = try factor(gram, ridge: ridge, nil)
        defer { work.deallocate() }
        let status = lapack_library_inverse(Int32(size), work)
        guard status == 0 else { throw .notPositiveDefinite(order: Int(status)) }
        let inverse = Matrix(storage: FloatStorage(count: size * size), rows: size, columns: size)
        let base = inverse.storage.base
        for row in 0..<size {
            for column in 0...row {
                let value = Float(work[row * size + column])
                base[row * size + column] = value
                base[column * size + row] = value
            }
        }
        return inverse
    }

    /// Rows `[k, n]` of (G + ridge·I)⁻¹·bᵢ for each row bᵢ of `right`. Computed in float64.
    ///
    /// - Throws: ``TensorError/notPositiveDefinite(order:)``.
    public static func solve(
        _ gram: Matrix, ridge: Double, _ right: Matrix, pool: WorkerPool? = nil
    ) throws(TensorError) -> Matrix {
        let size = gram.rows
        precondition(right.columns == size, "right sides of \(right.columns) elements for a system of \(size)")
        let work = try factor(gram, ridge: ridge, pool)
        defer { work.deallocate() }
        let rows = UnsafeMutablePointer<Double>.allocate(capacity: max(right.count, 1))
        defer { rows.deallocate() }
        for index in 0..<right.count { rows[index] = Double(right.base[index]) }
        if right.rows > 0 {
            let status = lapack_library_solve(Int32(size), Int32(right.rows), work, rows)
            guard status == 0 else { throw .notPositiveDefinite(order: Int(status)) }
        }
        let solution = Matrix(storage: FloatStorage(count: right.count), rows: right.rows, columns: size)
        for index in 0..<right.count { solution.storage.base[index] = Float(rows[index]) }
        return solution
    }

    /// Cholesky factor, lower triangle of a new `[n, n]`, which the caller deallocates.
    ///
    /// - SeeAlso: Golub & Van Loan 2013, Matrix Computations, section 4.2.6: block columns from left to right, each taken
    ///   from all that is to the right of it.
    private static func factor(
        _ gram: Matrix, ridge: Double, _ pool: WorkerPool?
    ) throws(TensorError) -> UnsafeMutablePointer<Double> {
        let size = gram.rows
        precondition(gram.columns == size && size > 0, "a system of [\(size), \(gram.columns)] is not square")
        nonisolated(unsafe) let (work, from) = (UnsafeMutablePointer<Double>.allocate(capacity: size * size), gram.base)
        forEachBlock(of: 0..<size, pool) { block in
            for row in block {
                for column in 0...row { work[row * size + column] = Double(from[row * size + column]) }
                work[row * size + row] += ridge
            }
        }
        for start in stride(from: 0, to: size, by: blockSize) {
            let end = min(start + blockSize, size)
            let width = Int32(end - start)
            let corner = start * size + start
            let status = lapack_library_cholesky(width, work + corner, Int32(size))
            guard status == 0 else {
                work.deallocate()
                throw .notPositiveDefinite(order: start + Int(status))
            }
            forEachBlock(of: end..<size, pool) { rows in
                cblas_library_divide(
                    Int32(rows.count), width, work + corner, work + rows.lowerBound * size + start, Int32(size))
            }
            forEachBlock(of: end..<size, pool) { rows in
                let row = work + rows.lowerBound * size
                cblas_library_subtract(
                    Int32(rows.count), Int32(rows.upperBound - end), width, row + start, work + end * size + start,
                    row + end, Int32(size))
            }
        }
        return work
    }

    private static let blockSize = 256

    /// Calls `body` with every block of rows, in any order.
    private static func forEachBlock(
        of rows: Range<Int>, _ pool: WorkerPool?, _ body: @Sendable (Range<Int>) -> Void
    ) {
        let count = (rows.count + blockSize - 1) / blockSize
        @Sendable func call(_ block: Int) {
            let start = rows.lowerBound + block * blockSize
            body(start..<min(start + blockSize, rows.upperBound))
        }
        guard let pool, count > 1 else { return (0..<count).forEach(call) }
        // Of a triangle lower blocks are longer: taken in turn, they are as many and as long for each share.
        pool.run { share in
            for block in stride(from: share.index, to: count, by: share.count) { call(block) }
        }
    }
}
