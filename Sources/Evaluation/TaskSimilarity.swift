/// How alike two tasks' texts are, from the base model's pooled features, each of length 1.
///
/// The mean cosine between texts of the two tasks, over the geometric mean of what it is between texts within each:
/// 1 where a task's texts resemble the other's as much as its own, 0 where they have nothing in common. Means leave out
/// a text's cosine with itself, so that few texts make the measure noisy and not high. Labels have no part in it.
///
/// - SeeAlso: Gretton et al. 2012, A Kernel Two-Sample Test, lemma 6: the same three means, of a linear kernel, make the
///   unbiased MMD².
public struct TaskSimilarity: Sendable, Hashable {
    public let count: Int
    /// Σ of the features.
    private let sum: [Double]
    /// Mean cosine of two different texts of the task; `nil` for fewer than two.
    private let within: Double?

    /// - Parameter features: `[N, C]`, each row of length 1.
    public init(features: [[Float]]) {
        count = features.count
        var sum = [Double](repeating: 0, count: features.first?.count ?? 0)
        var own = 0.0
        for row in features {
            precondition(row.count == sum.count, "features of \(row.count) and \(sum.count) numbers do not match")
            for (index, value) in row.enumerated() {
                sum[index] += Double(value)
                own += Double(value) * Double(value)
            }
        }
        self.sum = sum
        let pairs = Double(count) * Double(count - 1)
        within = count > 1 ? (sum.reduce(0) { $0 + $1 * $1 } - own) / pairs : nil
    }

    /// −1 to 1; `nil` where a task has fewer than two texts, or its own texts have nothing in common.
    public func similarity(to other: TaskSimilarity) -> Double? {
        guard let within, let others = other.within, within > 0, others > 0 else { return nil }
        let across = zip(sum, other.sum).reduce(0) { $0 + $1.0 * $1.1 } / (Double(count) * Double(other.count))
        return min(max(across / (within * others).squareRoot(), -1), 1)
    }
}
