import Schema

/// One sentence for an operator: what a verdict means and what to do.
enum DriftAdvice {
    static func insufficient(_ samples: DriftVerdict.Samples) -> String {
        if samples.reference < samples.minimum {
            return "\(counted(samples.reference, "held-out example")) to compare with, \(samples.minimum) are needed; "
                + "more come with every update."
        }
        if samples.current < samples.minimum {
            return "\(samples.current) of \(samples.minimum) observations needed; nothing is judged before."
        }
        return "Enough observations have come; they are judged together with the next."
    }

    static func newVersion(_ samples: DriftVerdict.Samples) -> String {
        guard samples.current < samples.minimum else {
            return "Told of the version before; this one is judged together with the next observations."
        }
        return "Told of the version before; this one is judged after \(samples.minimum) observations, "
            + "\(samples.current) have come."
    }

    static func newLabels(_ labels: [String], _ level: DriftLevel) -> String {
        guard let first = labels.first else { return "Every arriving label is known to the adapter." }
        let names = labels.count == 1 ? "\"\(first)\" is" : "\"\(first)\" and \(labels.count - 1) more are"
        return "\(names) not known to the adapter in service; "
            + (level == .drift ? "run an update to learn them." : "an update learns them once enough have come.")
    }

    static func text(_ kind: DriftKind, _ level: DriftLevel) -> String {
        switch level {
        case .insufficient, .ok: "Nothing to do."
        case .watch where kind == .calibration:
            "Scores promise more or less than the answers keep; do not act on them alone until the next update."
        case .watch: "May be chance: being confirmed by the observations that come next."
        case .drift: confirmed(kind)
        }
    }

    private static func confirmed(_ kind: DriftKind) -> String {
        switch kind {
        case .input: "Queries are unlike what was learned: look at some, label them and send them in."
        case .length: "Texts are longer or shorter than those learned: look for a new source or a change upstream."
        case .unknownTokens: "More tokens are unknown than usual: look for another language, markup or a broken encoding."
        case .prediction: "Labels are answered in other shares than usual: check that the world changed, not the input."
        case .confidence: "Scores differ from those on held-out examples: label the least certain answers first."
        case .label: "Labels arrive in other shares than were learned: an update follows them; replay keeps the rest."
        case .newLabel: "Labels arrive that the adapter does not know: run an update."
        case .performance: "Answers are worse than on held-out examples: run an update, or roll back to a better version."
        case .calibration: "Scores do not match accuracy."
        }
    }
}
