import Foundation

/// Tells examples that are odder than trusted ones, with a bound on how many good ones are taken for odd.
///
/// Conformal p-values: where good new examples and trusted ones come from the same source, a good one's p-value is below α
/// in a share α of cases at most, whatever the score is.
///
/// - SeeAlso: Bates et al. 2023, Testing for Outliers with Conformal p-values, section 2.
public struct OddityTest: Sendable {
    /// Ascending.
    private let trusted: [Double]

    /// - Parameter trusted: scores of examples whose labels are trusted, larger for odder ones.
    public init(trusted: [Double]) { self.trusted = trusted.sorted() }

    /// Share of the trusted examples, and this one, that are at least as odd.
    public func pValue(_ score: Double) -> Double {
        var low = 0
        var high = trusted.count
        while low < high {
            let middle = (low + high) / 2
            if trusted[middle] < score { low = middle + 1 } else { high = middle }
        }
        return Double(1 + trusted.count - low) / Double(trusted.count + 1)
    }

    /// How many trusted examples it takes for any p-value to reach `level`.
    public static func neededExamples(level: Double) -> Int { Int((1 / level).rounded(.up)) - 1 }

    /// How odd a label is: −log of the champion's probability, and −log of the share of neighbours with it, smoothed.
    ///
    /// - Parameters:
    ///   - disagreement: share of `neighbours` neighbours that have another label.
    public static func score(loss: Double, disagreement: Double, neighbours: Int) -> Double {
        let agreeing = (1 - disagreement) * Double(neighbours)
        return loss - log((agreeing + 0.5) / (Double(neighbours) + 1))
    }
}
