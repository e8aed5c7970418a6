import Tensors
import Testing

@Suite("Dense systems", .enabled(if: (try? BLAS.information()) != nil))
struct DenseTests {
    /// A Gram matrix of `[2·size, size]` random numbers, with 7 above its diagonal, where nobody reads.
    private func gram(_ size: Int) -> Matrix {
        var random = RandomValues(seed: UInt64(size))
        let rows = Matrix(rows: 2 * size, columns: size, values: random.floats(2 * size * size))
        let above = (0..<size * size).map { Float($0 % size > $0 / size ? 7 : 0) }
        let gram = Matrix(rows: size, columns: size, values: above)
        Dense.addGram(of: rows, to: gram)
        return gram
    }

    /// Row of the symmetric matrix whose lower triangle these are, in float64.
    private func row(_ row: Int, of lower: [Float], _ size: Int) -> [Double] {
        (0..<size).map { Double(lower[max(row, $0) * size + min(row, $0)]) }
    }

    @Test("A solution solves the system, and so does the inverse", arguments: [1, 5, 255, 256, 257, 600])
    func solutions(size: Int) throws {
        let gram = gram(size)
        var random = RandomValues(seed: 1)
        let right = random.floats(size)
        let sides = Matrix(rows: 1, columns: size, values: right)
        let solution = try Dense.solve(gram, ridge: 2, sides).values
        let product = Dense.product(sides, try Dense.inverse(of: gram, ridge: 2)).values
        let lower = gram.values
        let results = (0..<size).map { index in
            let sum = zip(row(index, of: lower, size), solution).reduce(0) { $0 + $1.0 * Double($1.1) }
            return Float(sum + 2 * Double(solution[index]))
        }
        #expect(largestError(results, right) < 1e-3)
        #expect(largestError(product, solution) < 1e-3)
    }

    @Test("Whatever shares the blocks out, the result is the same to the bit", arguments: [1, 2, 3])
    func shares(threads: Int) throws {
        let pool = WorkerPool(count: threads)
        for size in [3, 256, 300, 1_100] {
            let plain = gram(size)
            let shared = Dense.copy(plain)
            var random = RandomValues(seed: 2)
            let more = Matrix(rows: 40, columns: size, values: random.floats(40 * size))
            Dense.addGram(of: more, to: plain)
            Dense.addGram(of: more, to: shared, pool: pool)
            let values = plain.values
            #expect(values == shared.values)
            #expect((0..<size - 1).allSatisfy { values[$0 * size + $0 + 1] == 7 })
            let solution = try Dense.solve(plain, ridge: 1, more)
            #expect(try solution.values == Dense.solve(shared, ridge: 1, more, pool: pool).values)
        }
    }

    @Test("A Gram matrix is the sum of products of rows")
    func products() {
        var random = RandomValues(seed: 3)
        let values = random.floats(9 * 530)
        let gram = Matrix(rows: 530, columns: 530, values: Array(repeating: 1, count: 530 * 530))
        Dense.addGram(of: Matrix(rows: 9, columns: 530, values: values), to: gram)
        let sums = gram.values
        for (row, column) in [(0, 0), (255, 255), (256, 0), (256, 255), (511, 510), (529, 2), (529, 529)] {
            let sum = (0..<9).reduce(1) { $0 + values[$1 * 530 + row] * values[$1 * 530 + column] }
            #expect(abs(sums[row * 530 + column] - sum) < 1e-4)
        }
    }

    @Test("Rows that are appended are zeros, and the others stay")
    func appendedRows() {
        let matrix = Matrix(rows: 2, columns: 3, values: [1, 2, 3, 4, 5, 6])
        #expect(Dense.appendingZeroRows(2, to: matrix).values == [1, 2, 3, 4, 5, 6, 0, 0, 0, 0, 0, 0])
        let empty = Matrix(storage: FloatStorage(count: 0), rows: 0, columns: 2)
        #expect(Dense.appendingZeroRows(1, to: empty).values == [0, 0])
    }

    @Test("What is not positive definite is refused with the order of the minor", arguments: [1, 200, 256, 257, 580])
    func refusal(order: Int) {
        let gram = gram(600)
        gram.storage.write([-1], at: (order - 1) * 600 + order - 1)
        for pool in [nil, WorkerPool(count: 2)] {
            #expect(throws: TensorError.notPositiveDefinite(order: order)) {
                _ = try Dense.solve(gram, ridge: 0.5, Dense.corner(of: gram, rows: 1, columns: 600), pool: pool)
            }
        }
    }
}
