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
            sentences.append("\(champion.version) serves\(accuracy(champion.metrics, report.forgetting)).")
        } else {
            let wait = report.waiting == 1 ? "waits" : "wait"
            sentences.append(
                "No adapter yet: \(Formatting.count(report.waiting, "example")) \(wait) to be learned.")
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
            let are = report.parked == 1 ? "is" : "are"
            sentences.append(
                "\(Formatting.count(report.parked, "example")) \(are) parked after repeated rejection.")
        }
        return sentences
    }

    /// Over all held-out examples, as tables have it; and over experiences, of which a large one counts no more there.
    private static func accuracy(_ metrics: AdapterVersion.Metrics, _ report: ForgettingReport) -> String {
        let all = metrics.accuracy.map {
            " and answers \(Formatting.percent($0)) % of \(Formatting.count(metrics.examples, "held-out example")) right"
        }
        // Of a history too long to be shown it is not known how many have something held out.
        let judged = report.isExcerpt ? nil : report.accuracy.last?.count { $0 != nil }
        guard let mean = report.averageAccuracy, judged != 1 else { return all ?? "" }
        let over = judged.map { "over \($0) experiences" } ?? "over its experiences"
        return all.map { $0 + ", \(Formatting.percent(mean)) % as the mean \(over)" }
            ?? " and answers \(Formatting.percent(mean)) % of the held-out examples right, mean \(over)"
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
