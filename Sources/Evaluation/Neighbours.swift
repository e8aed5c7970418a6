/// Labels of reference rows, and which of them lie near a query. Pure.
public struct Neighbours: Sendable {
    private let labels: [String]

    /// - Parameter labels: one a reference row.
    public init(labels: [String]) { self.labels = labels }

    /// Share of the `count` most similar rows whose label is not `label`, 0 to 1; `nil` without any.
    ///
    /// - Parameters:
    ///   - similarities: of the query to each row, such as the cosine of their features.
    ///   - skipped: a row that is the query itself.
    public func disagreement(
        with label: String, similarities: some Collection<Float>, count: Int, skipping skipped: Int? = nil
    ) -> Double? {
        precondition(similarities.count == labels.count, "\(similarities.count) similarities to \(labels.count) rows")
        // Most similar first; few, so that inserting into place is cheap.
        var nearest: [(similarity: Float, row: Int)] = []
        for (row, similarity) in similarities.enumerated() where row != skipped {
            if nearest.count == count, similarity <= nearest[count - 1].similarity { continue }
            let place = nearest.firstIndex { $0.similarity < similarity } ?? nearest.count
            nearest.insert((similarity, row), at: place)
            if nearest.count > count { nearest.removeLast() }
        }
        guard !nearest.isEmpty else { return nil }
        return Double(nearest.count { labels[$0.row] != label }) / Double(nearest.count)
    }
}
