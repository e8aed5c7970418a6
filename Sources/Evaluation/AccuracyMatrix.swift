/// Accuracy of every update on every slice, and the continual-learning metrics over it.
///
/// `values[t][i]` is `R[t,i]`, the accuracy on slice `i` after update `t`; `nil` where slice `i` is newer or empty.
/// A slice counts as learned by the first update that has a value for it. Metrics leave out what is `nil` and are
/// `nil` themselves where nothing is left.
///
/// Notation: T updates, `R[T,i]` the last one's accuracy on slice i; a slice is *old* when an earlier update than
/// the last learned it.
public struct AccuracyMatrix: Sendable, Hashable {
    public let values: [[Double?]]
    /// Held-out examples of each slice, by which accuracies over several slices are weighted.
    public let examples: [Int]
    /// `R[i−1,i]`: what the update before already knew of slice i.
    public let beforeLearning: [Double?]
    /// `b[i]`: the untrained model on slice i.
    public let untrained: [Double?]

    private let slices: [SliceHistory]

    /// - Parameters:
    ///   - values: rows are updates in order, columns slices in order. All rows must be equally long.
    ///   - examples: one count a slice; empty weights all slices alike.
    ///   - beforeLearning: one value a slice, or empty; only forward transfer needs it, as it does `untrained`.
    public init(
        _ values: [[Double?]], examples: [Int] = [], beforeLearning: [Double?] = [], untrained: [Double?] = []
    ) {
        let columns = values.first?.count ?? 0
        precondition(values.allSatisfy { $0.count == columns }, "rows of an accuracy matrix must be equally long")
        precondition(examples.isEmpty || examples.count == columns, "\(examples.count) counts for \(columns) slices")
        self.values = values
        self.examples = examples.isEmpty ? [Int](repeating: 1, count: columns) : examples
        self.beforeLearning = beforeLearning
        self.untrained = untrained
        slices = (0..<columns).compactMap { column in SliceHistory(values.map { $0[column] }) }
    }

    /// AA = (1/T) Σᵢ R[T,i]
    public var averageAccuracy: Double? { mean(slices.map(\.last)) }

    /// F = 1/(T−1) Σ over old i of (max over i ≤ k < T of R[k,i] − R[T,i]): best ever minus last.
    ///
    /// - SeeAlso: Chaudhry et al. 2018, Riemannian Walk for Incremental Learning, section 3.
    public var forgetting: Double? { mean(slices.map { $0.best - $0.last }) }

    /// BWT = 1/(T−1) Σ over old i of (R[T,i] − R[i,i])
    ///
    /// - SeeAlso: Lopez-Paz and Ranzato 2017, Gradient Episodic Memory, section 2.
    public var backwardTransfer: Double? { mean(slices.map { $0.isOld ? $0.last - $0.first : nil }) }

    /// FWT = 1/(T−1) Σ over i ≥ 2 of (R[i−1,i] − b[i]), b the untrained model.
    ///
    /// - SeeAlso: Lopez-Paz and Ranzato 2017, section 2.
    public var forwardTransfer: Double? {
        mean(zip(beforeLearning, untrained).dropFirst().map { before, untrained in before - untrained })
    }

    /// Mean of R[i,i].
    public var plasticity: Double? { mean(slices.map(\.first)) }

    /// min-ACC: mean over old i of the lowest R[k,i] at any update k > i.
    ///
    /// - SeeAlso: De Lange et al. 2023, Continual Evaluation for Lifelong Learning, section 3.
    public var minimumAccuracy: Double? { mean(slices.map(\.lowestLater)) }

    /// AAA = (1/T) Σₜ of the accuracy after update t on the examples of all slices seen by then.
    ///
    /// - SeeAlso: Caccia et al. 2020, Online Fast Adaptation and Knowledge Accumulation, section 4.
    public var averageAnytimeAccuracy: Double? {
        mean(
            values.map { row in
                let seen = zip(row, examples).compactMap { value, count in value.map { (value: $0, count: count) } }
                let total = seen.reduce(0) { $0 + $1.count }
                guard total > 0 else { return nil }
                return seen.reduce(0.0) { $0 + $1.value * Double($1.count) } / Double(total)
            })
    }
}

/// One slice from the update that learned it to the last.
private struct SliceHistory: Hashable, Sendable {
    /// `R[i,i]`.
    let first: Double
    /// `R[T,i]`; `nil` when the last update was not evaluated on it.
    let last: Double?
    /// Highest before the last update; `nil` when the last update is the one that learned it.
    let best: Double?
    /// Lowest after the update that learned it.
    let lowestLater: Double?

    /// `nil` for a slice that was never evaluated.
    init?(_ column: [Double?]) {
        guard let learned = column.firstIndex(where: { $0 != nil }), let first = column[learned] else { return nil }
        self.first = first
        last = column[column.count - 1]
        best = column[learned..<column.count - 1].compactMap { $0 }.max()
        lowestLater = column[(learned + 1)...].compactMap { $0 }.min()
    }

    var isOld: Bool { best != nil }
}

private func - (left: Double?, right: Double?) -> Double? {
    guard let left, let right else { return nil }
    return left - right
}

private func mean(_ values: [Double?]) -> Double? {
    let known = values.compactMap { $0 }
    return known.isEmpty ? nil : known.reduce(0, +) / Double(known.count)
}
