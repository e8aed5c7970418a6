/// Feature vectors of one width, one after the other.
package struct FeatureMatrix: Sendable, Hashable {
    package let width: Int
    /// Eight numbers each; the last of a row is filled up with zeros.
    private var chunks: [SIMD8<Float>] = []
    private let chunksPerRow: Int
    package private(set) var count = 0

    package init(width: Int) {
        self.width = width
        chunksPerRow = (width + 7) / 8
    }

    package init(_ rows: [[Float]], width: Int) {
        self.init(width: width)
        for row in rows { append(row) }
    }

    package mutating func append(_ row: [Float]) {
        precondition(row.count == width, "a row of \(row.count) numbers in a matrix of width \(width)")
        for start in stride(from: 0, to: width, by: 8) {
            var chunk = SIMD8<Float>()
            for offset in 0..<min(8, width - start) { chunk[offset] = row[start + offset] }
            chunks.append(chunk)
        }
        count += 1
    }

    package func dot(_ i: Int, _ j: Int) -> Float {
        var (left, right) = (i * chunksPerRow, j * chunksPerRow)
        var sum = SIMD8<Float>()
        for _ in 0..<chunksPerRow {
            sum += chunks[left] * chunks[right]
            left += 1
            right += 1
        }
        return sum.sum()
    }

    /// The largest inner product of a vector with any row; `nil` without rows.
    package func largestDot(with row: [Float]) -> Float? {
        var query = FeatureMatrix(width: width)
        query.append(row)
        var largest: Float?
        for i in 0..<count {
            var sum = SIMD8<Float>()
            for chunk in 0..<chunksPerRow { sum += chunks[i * chunksPerRow + chunk] * query.chunks[chunk] }
            largest = max(largest ?? -.infinity, sum.sum())
        }
        return largest
    }

    /// All inner products, `[count · count]`.
    package var gram: [Float] {
        var gram = [Float](repeating: 0, count: count * count)
        for i in 0..<count {
            for j in i..<count {
                let product = dot(i, j)
                gram[i * count + j] = product
                gram[j * count + i] = product
            }
        }
        return gram
    }
}
