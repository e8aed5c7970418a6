import Schema

/// Where a task stands, in words.
enum TaskWords {
    /// For a column of the overview.
    static func state(_ task: TaskSummary) -> String {
        if let update = task.update, !update.status.isFinal {
            guard update.status != .queued else { return "queued" }
            return "\(update.status.rawValue) \(Formatting.percent(update.progress, digits: 0)) %"
        }
        if task.parked > 0 { return "\(Formatting.count(task.parked)) parked" }
        switch task.update?.status {
        case .failed: return "failed"
        case .rejected: return "rejected"
        default: break
        }
        return task.champion == nil ? "no adapter" : "serving"
    }

    /// The task in a few sentences: what serves, what was kept, what drifts, what was done, what came of it.
    static func story(_ report: TaskReport) -> [String] {
        var sentences: [String] = []
        if let champion = report.champion {
            var first = "\(champion.version) serves"
            if let accuracy = report.forgetting.averageAccuracy {
                let count = report.forgetting.experiences
                first += " and answers \(Formatting.percent(accuracy)) % of the held-out examples right"
                first += count > 1 ? ", mean over \(count) experiences" : ""
            }
            sentences.append(first + ".")
        } else {
            sentences.append("No adapter yet: \(Formatting.count(report.waiting)) examples wait to be learned.")
        }
        if let forgetting = report.forgetting.forgetting {
            let points = Formatting.percent(forgetting)
            let notable = forgetting >= TaskSummary.notableForgetting
            sentences.append(
                notable
                    ? "Forgetting is \(points) points: old experiences are answered worse than they once were."
                    : "Forgetting is \(points) points: what was learned is kept.")
        }
        sentences += DriftStory(report: report).sentences()
        if let update = report.updates.first, update.status == .rejected || update.status == .failed {
            sentences.append("The last update was not promoted. \(verdict(update)).")
        }
        if report.parked > 0 {
            sentences.append("\(Formatting.count(report.parked)) examples are parked after repeated rejection.")
        }
        return sentences
    }

    /// How an update ended, as the gate or the error says it; else its status.
    static func verdict(_ update: Update) -> String {
        update.error.map { "\(update.status.rawValue): \($0)" } ?? update.verdict?.summary ?? update.status.rawValue
    }

    static func done(_ event: DriftEvent) -> String {
        switch event.action {
        case "update": "an update was started" + (event.update.map { " (\($0))" } ?? "")
        case "replay": "the share of replay was raised"
        case "warn": "a warning was given; no update is started by itself"
        default: event.action ?? "nothing"
        }
    }

    static func cause(_ cause: TimelineEvent.Cause) -> String {
        switch cause {
        case .update: "promoted by the gate"
        case .promote: "promoted by hand"
        case .rollback: "rolled back to"
        }
    }
}
