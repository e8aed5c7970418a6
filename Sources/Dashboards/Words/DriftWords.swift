import Schema

/// Drift in the words of an operator.
enum DriftWords {
    static func name(_ kind: DriftKind) -> String {
        switch kind {
        case .input: "input"
        case .length: "length"
        case .unknownTokens: "unknown tokens"
        case .prediction: "predictions"
        case .confidence: "confidence"
        case .label: "labels"
        case .newLabel: "new labels"
        case .performance: "accuracy"
        case .calibration: "calibration"
        }
    }

    /// As its field writes it.
    static func name(statistic: String) -> String {
        let names = [
            "mmd": "MMD", "auc": "AUC", "psi": "PSI", "js": "JS distance", "ks": "KS", "adwin": "ADWIN",
            "page_hinkley": "Page–Hinkley", "ece": "ECE", "count": "count",
        ]
        return names[statistic] ?? statistic
    }

    static func name(_ level: DriftLevel) -> String {
        switch level {
        case .insufficient: "too few"
        case .ok: "ok"
        case .watch: "watch"
        case .drift: "drift"
        }
    }

    /// `drift labels 2 h`, or without its age; for a column of the overview.
    static func short(_ drift: TaskSummary.Drift?, at now: Timestamp?) -> String {
        guard let drift, drift.level != .insufficient else { return "–" }
        guard drift.level != .ok, let kind = drift.kind else { return name(drift.level) }
        let since = drift.since.flatMap { since in now.map { " " + Formatting.age(of: since, at: $0) } } ?? ""
        return "\(name(drift.level)) \(name(kind))\(since)"
    }

    /// `PSI 0.310 over 0.250, p 0.002`; where the p-value alone decides, `KS 0.120, p 0.002 under 0.050`.
    static func evidence(_ verdict: DriftVerdict) -> String {
        let value = "\(name(statistic: verdict.statistic)) \(Formatting.statistic(verdict.value))"
        let p = verdict.pValue.map { ", p \(Formatting.statistic($0))" } ?? ""
        guard let limit = verdict.threshold else { return value + p }
        let threshold = Formatting.statistic(limit)
        switch verdict.statistic {
        case "mmd", "ks": return value + p + ((verdict.pValue ?? 1) < limit ? " under \(threshold)" : "")
        // The value is the mean of the window, the threshold the confidence of a cut.
        case "adwin": return "\(value), δ \(threshold)"
        default:
            let side = verdict.value.map { $0 >= limit ? "over" : "under" } ?? "of"
            return "\(value) \(side) \(threshold)\(p)"
        }
    }

    /// How many samples were compared, or how many are missing.
    static func samples(_ samples: DriftVerdict.Samples) -> String {
        let least = min(samples.reference, samples.current)
        let counts = "\(Formatting.count(samples.current)) against \(Formatting.count(samples.reference))"
        return least < samples.minimum ? "\(counts); \(Formatting.count(samples.minimum)) are needed" : counts
    }
}
