import Schema

/// Drift in the words of an operator.
public enum DriftWords {
    public static func name(_ kind: DriftKind) -> String {
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

    public static func name(_ level: DriftLevel) -> String {
        switch level {
        case .insufficient: "too few"
        case .ok: "ok"
        case .watch: "watch"
        case .drift: "drift"
        }
    }

    /// Its level; what has enough samples and was not looked at yet lacks none.
    public static func level(_ verdict: DriftVerdict) -> String {
        let (samples, level) = (verdict.samples, verdict.level)
        let isEnough = min(samples.reference, samples.current) >= samples.minimum
        return level == .insufficient && isEnough ? "not yet" : name(level)
    }

    /// `drift labels 2 h`, or without its age; for a column of the overview.
    static func short(_ drift: TaskSummary.Drift?, at now: Timestamp?) -> String {
        guard let drift, drift.level != .insufficient else { return "–" }
        guard drift.level != .ok, let kind = drift.kind else { return name(drift.level) }
        let since = drift.since.flatMap { since in now.map { " " + Formatting.age(of: since, at: $0) } } ?? ""
        return "\(name(drift.level)) \(name(kind))\(since)"
    }

    /// `PSI 0.310 over 0.250, p 0.002`; where the p-value alone decides, `KS 0.120, p 0.002 under 0.050`; where a drift
    /// lasts that was told by more, `PSI 0.221, was over 0.250, p 0.002`.
    public static func evidence(_ verdict: DriftVerdict) -> String {
        let value = "\(name(statistic: verdict.statistic)) \(Formatting.statistic(verdict.value))"
        let p = verdict.pValue.map { ", p \(Formatting.statistic($0))" } ?? ""
        guard let limit = verdict.threshold else { return value + p }
        let threshold = Formatting.statistic(limit)
        if verdict.isJudgedByPValue { return value + p + ((verdict.pValue ?? 1) < limit ? " under \(threshold)" : "") }
        // The value is the mean of the window, the threshold the confidence of a cut.
        if verdict.statistic == "adwin" { return "\(value), δ \(threshold)" }
        guard let number = verdict.value else { return "\(value) of \(threshold)\(p)" }
        let isOver = number >= limit
        // What fell is drift below its threshold, all else above it.
        if verdict.level == .drift, verdict.pValue != nil, isOver == (verdict.statistic == "accuracy") {
            return "\(value), was \(isOver ? "under" : "over") \(threshold)\(p)"
        }
        return "\(value) \(isOver ? "over" : "under") \(threshold)\(p)"
    }

    /// How many samples were compared, or how many are missing.
    public static func samples(_ samples: DriftVerdict.Samples) -> String {
        let least = min(samples.reference, samples.current)
        let counts = "\(Formatting.count(samples.current)) against \(Formatting.count(samples.reference))"
        return least < samples.minimum ? "\(counts); \(Formatting.count(samples.minimum)) are needed" : counts
    }
}
