import Schema

/// The latest drift of a task as an operator asks after it: in what, since when, what was done, what came of it.
struct DriftStory {
    var report: TaskReport

    /// Kinds that drifted together, from the first that was told to the end of the last.
    struct Episode: Hashable {
        var kinds: [DriftKind] = []
        /// First told; the observations that spoke began before.
        var start: Timestamp
        /// `nil` while it lasts.
        var end: Timestamp?
        /// The events that were drifts, oldest first.
        var events: [DriftEvent] = []
    }

    func sentences() -> [String] {
        guard let drift = report.drift else { return [] }
        var sentences: [String] = []
        if let worst = drift.worst, worst.level >= .watch {
            let word = worst.level == .drift ? "Drift" : "A sign of drift"
            let evidence = worst.value == nil ? "" : ": \(DriftWords.evidence(worst))"
            let kind = DriftWords.name(worst.kind)
            sentences.append("\(word) in \(kind)\(since(worst.since))\(evidence). \(worst.advice)")
            if worst.level == .drift { sentences += alsoDrifting(drift, besides: worst.kind) }
        }
        guard let episode else { return sentences }
        if let end = episode.end {
            let kinds = episode.kinds.map { DriftWords.name($0) }.joined(separator: ", ")
            sentences.append(
                "The last drift, in \(kinds), was told at \(Formatting.moment(episode.start)) and ended at "
                    + "\(Formatting.moment(end)).")
        }
        sentences.append("Done: \(done(episode)).")
        sentences += outcome(episode)
        return sentences
    }

    /// The latest of them; `nil` when nothing ever drifted.
    var episode: Episode? {
        var latest: Episode?
        var open: Set<DriftKind> = []
        for event in (report.drift?.events ?? []).reversed() {
            if event.level == .drift {
                if open.isEmpty { latest = Episode(start: event.time) }
                open.insert(event.kind)
                latest?.end = nil
                latest?.events.append(event)
                if latest?.kinds.contains(event.kind) == false { latest?.kinds.append(event.kind) }
            } else if open.remove(event.kind) != nil, open.isEmpty {
                latest?.end = event.time
            }
        }
        return latest
    }

    private func since(_ time: Timestamp?) -> String { time.map { " since \(Formatting.moment($0))" } ?? "" }

    private func alsoDrifting(_ drift: DriftReport, besides first: DriftKind) -> [String] {
        let others = DriftKind.allCases.filter { $0 != first }.compactMap { kind -> String? in
            let verdicts = drift.verdicts.filter { $0.kind == kind && $0.level == .drift }
            guard !verdicts.isEmpty else { return nil }
            return DriftWords.name(kind) + since(verdicts.compactMap(\.since).min())
        }
        return others.isEmpty ? [] : ["Also in drift: \(others.joined(separator: ", "))."]
    }

    /// Which updates it started and how they ended; else what the first event did.
    private func done(_ episode: Episode) -> String {
        var started: [String] = []
        for id in episode.events.compactMap(\.update) where !started.contains(id) { started.append(id) }
        guard !started.isEmpty else {
            let acted = episode.events.first { $0.action != "warn" } ?? episode.events.first
            return acted.map(TaskWords.done) ?? "nothing"
        }
        return started.enumerated().map { index, id in
            let update = report.updates.first { $0.id == id }
            let promoted = update?.status == .promoted ? update?.adapter.map { "promoted as \($0.version)" } : nil
            let ending = (promoted ?? update?.status.rawValue).map { ", \($0)" } ?? ""
            return (index == 0 ? "an update was started (\(id))" : "another (\(id))") + ending
        }.joined(separator: "; ")
    }

    /// Whether forgetting followed: what was learned before the drift, answered then and now.
    private func outcome(_ episode: Episode) -> [String] {
        let matrix = report.forgetting
        let before = report.versions.last { $0.createdAt <= episode.start && matrix.versions.contains($0.version) }
        guard let before, let then = matrix.versions.firstIndex(of: before.version) else { return [] }
        guard let champion = report.champion?.version, let now = matrix.versions.firstIndex(of: champion), now > then
        else { return ["No version came into service since then, so nothing was forgotten."] }
        let pairs = zip(matrix.accuracy[then], matrix.accuracy[now]).compactMap { old, new in
            old.flatMap { old in new.map { (old, $0) } }
        }
        guard !pairs.isEmpty else { return [] }
        let old = pairs.map(\.0).reduce(0, +) / Double(pairs.count)
        let new = pairs.map(\.1).reduce(0, +) / Double(pairs.count)
        let word =
            old - new >= TaskSummary.notableForgetting
            ? "Forgetting followed" : old > new ? "Little forgetting followed" : "No forgetting followed"
        return [
            "\(word): what was learned before the drift is answered \(Formatting.percent(new)) % right by \(champion), "
                + "\(Formatting.percent(old)) % by \(before.version)."
        ]
    }
}
