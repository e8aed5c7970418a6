import Schema

extension ForgettingReport {
    /// The report with every metric that its accuracy matrix defines.
    ///
    /// - Parameters:
    ///   - beforeLearning: `R[i−1,i]` for each slice; forward transfer stays `nil` without it.
    ///   - untrained: `b[i]` for each slice; likewise.
    public func withMetrics(beforeLearning: [Double?] = [], untrained: [Double?] = []) -> ForgettingReport {
        let matrix = AccuracyMatrix(
            accuracy, examples: accuracy.isEmpty ? [] : slices.map(\.holdout), beforeLearning: beforeLearning,
            untrained: untrained)
        var report = self
        report.averageAccuracy = matrix.averageAccuracy
        report.forgetting = matrix.forgetting
        report.backwardTransfer = matrix.backwardTransfer
        report.forwardTransfer = matrix.forwardTransfer
        report.plasticity = matrix.plasticity
        report.minimumAccuracy = matrix.minimumAccuracy
        report.averageAnytimeAccuracy = matrix.averageAnytimeAccuracy
        return report
    }
}
