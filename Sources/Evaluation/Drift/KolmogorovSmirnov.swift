import Foundation

/// Two-sample Kolmogorov–Smirnov test, two-sided.
package struct KolmogorovSmirnov: Hashable {
    /// Largest distance between the two empirical distribution functions, 0 to 1.
    package var statistic: Double
    package var pValue: Double

    /// Up to this many samples a side the p-value is exact.
    package static let exactLimit = 1_000

    package init(_ left: [Double], _ right: [Double]) {
        self.init(left, right, exactly: max(left.count, right.count) <= Self.exactLimit)
    }

    package init(_ left: [Double], _ right: [Double], exactly: Bool) {
        precondition(!left.isEmpty && !right.isEmpty, "a test of two samples needs both")
        let steps = Self.largestSteps(left.sorted(), right.sorted())
        let (m, n) = (left.count, right.count)
        statistic = Double(steps) / (Double(m) * Double(n))
        if exactly {
            pValue = Self.exact(steps: steps, m, n)
        } else {
            pValue = Self.survival((Double(m) * Double(n) / Double(m + n)).squareRoot() * statistic)
        }
    }

    /// max |i·n − j·m| over the points where both functions have taken the steps of their ties.
    private static func largestSteps(_ left: [Double], _ right: [Double]) -> Int {
        var (i, j, largest) = (0, 0, 0)
        while i < left.count || j < right.count {
            let value = min(i < left.count ? left[i] : .infinity, j < right.count ? right[j] : .infinity)
            while i < left.count, left[i] <= value { i += 1 }
            while j < right.count, right[j] <= value { j += 1 }
            largest = max(largest, abs(i * right.count - j * left.count))
        }
        return largest
    }

    /// The share of all orders of `m` and `n` equally likely samples that reach a distance of `steps`: a path on the
    /// lattice from (0, 0) to (m, n), each step drawn as the samples that are left demand, and the probability with
    /// which it leaves the band. Sums of positive terms only, so small values keep their digits. O(m·n).
    ///
    /// - SeeAlso: Hodges 1958, The Significance Probability of the Smirnov Two-Sample Test.
    private static func exact(steps: Int, _ m: Int, _ n: Int) -> Double {
        guard steps > 0 else { return 1 }
        var inside = [Double](repeating: 0, count: n + 1)
        inside[0] = 1
        var left = 0.0
        for i in 0...m {
            for j in 0...n {
                var mass = i == 0 && j == 0 ? 1.0 : 0.0
                if i > 0 { mass += inside[j] * Double(m - i + 1) / Double(m + n - i - j + 1) }
                if j > 0 { mass += inside[j - 1] * Double(n - j + 1) / Double(m + n - i - j + 1) }
                if abs(i * n - j * m) >= steps {
                    left += mass
                    mass = 0
                }
                inside[j] = mass
            }
        }
        return min(1, left)
    }

    /// P(K > x) of Kolmogorov's limiting distribution.
    ///
    /// - SeeAlso: Kolmogorov 1933; for small x the theta function's other series, Marsaglia et al. 2003.
    package static func survival(_ x: Double) -> Double {
        guard x > 0 else { return 1 }
        if x < 1 {
            let base = -Double.pi * Double.pi / (8 * x * x)
            var sum = 0.0
            for odd in stride(from: 1.0, to: 40, by: 2) { sum += exp(base * odd * odd) }
            return 1 - (2 * Double.pi).squareRoot() / x * sum
        }
        var sum = 0.0
        var sign = 2.0
        for k in stride(from: 1.0, through: 20, by: 1) {
            sum += sign * exp(-2 * k * k * x * x)
            sign = -sign
        }
        return sum
    }
}
