import Schema

/// The metrics over an accuracy matrix, each with the formula it is: libraries disagree on what the names mean.
enum MetricNames {
    struct Entry {
        var name: String
        var value: Double?
        /// In words.
        var meaning: String
        /// As the papers write it, R[t,i] the accuracy on slice i after update t of T.
        var formula: String
    }

    static func entries(_ report: ForgettingReport) -> [Entry] {
        [
            Entry(
                name: "average accuracy", value: report.averageAccuracy, meaning: "last row, mean over experiences",
                formula: "AA = 1/T Σᵢ R[T,i]"),
            Entry(
                name: "forgetting", value: report.forgetting, meaning: "best ever minus last, mean over old ones",
                formula: "F = 1/(T−1) Σ (max R[k,i] − R[T,i])"),
            Entry(
                name: "backward transfer", value: report.backwardTransfer,
                meaning: "last minus when learned, mean over old ones", formula: "BWT = 1/(T−1) Σ (R[T,i] − R[i,i])"),
            Entry(
                name: "forward transfer", value: report.forwardTransfer,
                meaning: "before learning minus untrained, mean from 2nd on",
                formula: "FWT = 1/(T−1) Σ (R[i−1,i] − bᵢ)"),
            Entry(
                name: "plasticity", value: report.plasticity, meaning: "when learned, mean over experiences",
                formula: "1/T Σ R[i,i]"),
            Entry(
                name: "minimum accuracy", value: report.minimumAccuracy,
                meaning: "min-ACC: lowest ever since, mean over old ones", formula: "1/(T−1) Σ min over k>i of R[k,i]"),
            Entry(
                name: "anytime accuracy", value: report.averageAnytimeAccuracy,
                meaning: "AAA: all seen so far, mean over versions", formula: "AAA = 1/T Σₜ accuracy on slices ≤ t"),
        ]
    }
}
