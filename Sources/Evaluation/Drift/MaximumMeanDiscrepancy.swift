import Foundation

/// Maximum mean discrepancy of two samples under the kernel exp(−‖x − y‖² / 2σ²), σ the median distance of all pairs.
///
/// - SeeAlso: Gretton et al. 2012, A Kernel Two-Sample Test, lemma 6 (unbiased estimate) and section 8 (median heuristic).
package struct MaximumMeanDiscrepancy {
    /// Kernel without its diagonal, `[count · count]`.
    private let kernel: [Float]
    private let rowSums: [Double]
    private let total: Double
    private let count: Int
    /// Samples of the first side; they stand first.
    private let first: Int
    package let bandwidth: Double

    /// - Parameters:
    ///   - gram: inner products of all samples of both sides, the first side's first.
    ///   - first: how many belong to the first side; at least two on either.
    package init(gram: [Float], count: Int, first: Int) {
        precondition(first >= 2 && count - first >= 2, "an unbiased estimate needs two samples on either side")
        self.count = count
        self.first = first
        var distances: [Float] = []
        distances.reserveCapacity(count * (count - 1) / 2)
        var squared = [Float](repeating: 0, count: count * count)
        for i in 0..<count {
            for j in i + 1..<count {
                let distance = max(0, gram[i * count + i] + gram[j * count + j] - 2 * gram[i * count + j])
                squared[i * count + j] = distance
                distances.append(distance.squareRoot())
            }
        }
        bandwidth = Double(Self.median(&distances))
        let scale = bandwidth > 0 ? Float(-1 / (2 * bandwidth * bandwidth)) : 0
        var kernel = [Float](repeating: 0, count: count * count)
        for i in 0..<count {
            for j in i + 1..<count {
                let value = exp(squared[i * count + j] * scale)
                kernel[i * count + j] = value
                kernel[j * count + i] = value
            }
        }
        self.kernel = kernel
        rowSums = (0..<count).map { row in (0..<count).reduce(0.0) { $0 + Double(kernel[row * count + $1]) } }
        total = rowSums.reduce(0, +)
    }

    /// The unbiased estimate of MMD²; may be below zero.
    package var squared: Double { squared(firstSide: Array(0..<first)) }

    /// The same, had the samples at these positions been the first side.
    package func squared(firstSide: [Int]) -> Double {
        var within = 0.0
        var rows = 0.0
        for i in firstSide {
            var sum: Float = 0
            let row = i * count
            for j in firstSide { sum += kernel[row + j] }
            within += Double(sum)
            rows += rowSums[i]
        }
        let between = rows - within
        let other = total - within - 2 * between
        let (m, n) = (Double(firstSide.count), Double(count - firstSide.count))
        return within / (m * (m - 1)) + other / (n * (n - 1)) - 2 * between / (m * n)
    }

    /// Share of random assignments that are at least as far apart, the one given counted in.
    ///
    /// Ends early once `enough` were: what is plainly no difference needs no precise number.
    ///
    /// - SeeAlso: Besag and Clifford 1991, Sequential Monte Carlo p-values.
    package func pValue(
        permutations: Int = 499, enough: Int = 25, using generator: inout some RandomNumberGenerator
    ) -> Double {
        let observed = squared
        var order = Array(0..<count)
        var atLeast = 0
        for done in 1...permutations {
            for position in 0..<first {
                order.swapAt(position, position + generator.uniform(below: count - position))
            }
            if squared(firstSide: Array(order[..<first])) >= observed { atLeast += 1 }
            if atLeast >= enough { return Double(atLeast) / Double(done) }
        }
        return Double(atLeast + 1) / Double(permutations + 1)
    }

    private static func median(_ values: inout [Float]) -> Float {
        values.sort()
        let middle = values.count / 2
        return values.count.isMultiple(of: 2) ? (values[middle - 1] + values[middle]) / 2 : values[middle]
    }
}
