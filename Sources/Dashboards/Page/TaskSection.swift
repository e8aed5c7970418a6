import Schema

/// One task of the page: its story, then each chart with its numbers beneath.
struct TaskSection {
    var report: TaskReport

    func html() -> String {
        let name = Markup.escaped(report.task.name.rawValue)
        let story = TaskWords.story(report).map { "<p>\(Markup.escaped($0))</p>" }.joined()
        let description = report.task.description.map { "<p><i>\(Markup.escaped($0))</i></p>" } ?? ""
        return "<section id=\"\(name)\"><h2>\(name)</h2>\(description)\(story)"
            + forgetting() + accuracy() + DriftSection(report: report.drift).html() + evaluation() + replay()
            + updates() + "</section>"
    }

    private func forgetting() -> String {
        let report = report.forgetting
        guard !report.accuracy.isEmpty, !report.slices.isEmpty else { return "" }
        let matrix = MatrixDrawing(report: report)
        let metrics = MetricNames.entries(report).map {
            [$0.name, Formatting.percent($0.value), $0.formula, $0.meaning]
        }
        return "<h3>Learned, kept and lost</h3>" + matrix.svg() + matrix.table()
            + Markup.table(
                ["metric", "points", "formula", "in words"], metrics, numbers: [1],
                caption: "R[t,i] is the accuracy on experience i after update t of T")
    }

    /// Accuracy of each version in order, with what moved the alias.
    private func accuracy() -> String {
        let versions = report.versions.filter { $0.state != .rejected && $0.metrics.accuracy != nil }
        guard !versions.isEmpty else { return "" }
        var chart = LineChart(
            title: "Accuracy of each version over all held-out examples, in percent",
            points: versions.enumerated().map { (x: Double($0), y: $1.metrics.accuracy) },
            ticks: versions.enumerated().map { (x: Double($0), name: $1.version) },
            format: { Formatting.percent($0, digits: 0) })
        let least = versions.compactMap(\.metrics.accuracy).min() ?? 0
        chart.range = (least < 0.5 ? 0 : 0.5)...1
        chart.gridParts = 5
        chart.marks = report.timeline.compactMap { event in mark(event, among: versions) }
        let rows = report.timeline.reversed().map { event -> [String] in
            let version = report.versions.first { $0.version == event.version }
            return [
                Formatting.moment(event.time), event.version, TaskWords.cause(event.cause),
                Formatting.percent(version?.metrics.accuracy),
                version.map { Formatting.count($0.metrics.examples) } ?? "–",
            ]
        }
        return "<h3>Accuracy over updates</h3>" + chart.svg()
            + Markup.table(
                ["when (UTC)", "version", "what happened", "accuracy %", "held-out examples"], rows, numbers: [3, 4],
                caption: "When another version came into service, newest first")
    }

    /// What the gate promoted is marked at its version, what was done by hand between the versions of its time.
    private func mark(_ event: TimelineEvent, among versions: [AdapterVersion]) -> LineChart.Mark? {
        switch event.cause {
        case .update:
            guard let index = versions.firstIndex(where: { $0.version == event.version }) else { return nil }
            return LineChart.Mark(position: Double(index), name: "↑ \(event.version)")
        case .promote, .rollback:
            let later = versions.firstIndex { $0.createdAt > event.time } ?? versions.count
            let sign = event.cause == .rollback ? "↩" : "⇑"
            return LineChart.Mark(
                position: max(0, Double(later) - 0.5), name: "\(sign) \(event.version)", isBad: event.cause == .rollback
            )
        }
    }

    private func evaluation() -> String {
        guard let evaluation = report.evaluation else { return "" }
        let labels = evaluation.labels.map {
            [
                $0.label, Formatting.count($0.examples), Formatting.count($0.correct),
                Formatting.percent($0.accuracy), Formatting.count($0.predicted),
            ]
        }
        let confusions = evaluation.confusions.map { [$0.expected, $0.predicted, Formatting.count($0.count)] }
        return "<h3>Labels of \(Markup.escaped(evaluation.version))</h3>"
            + Bars(
                title: "Accuracy of the weakest labels, in percent",
                bars: evaluation.labels.filter { $0.examples > 0 }.prefix(12).map {
                    Bars.Bar(
                        name: $0.label, value: $0.accuracy ?? 0,
                        text: "\(Formatting.percent($0.accuracy, digits: 0)) % of \($0.examples)")
                }
            ).svg()
            + Markup.table(
                ["label", "held out", "right", "accuracy %", "predicted"], labels, numbers: [1, 2, 3, 4],
                caption: "Accuracy by label, lowest first")
            + (confusions.isEmpty
                ? ""
                : Markup.table(
                    ["is", "was taken for", "times"], confusions, numbers: [2], visible: 12,
                    caption: "Confused pairs, most frequent first"))
            + calibration(evaluation)
    }

    private func calibration(_ evaluation: EvaluationReport) -> String {
        var chart = LineChart(
            title: "Share of right answers by score; the dashed line is perfect calibration",
            points: evaluation.calibration.map { (x: $0.score, y: $0.accuracy) },
            ticks: [0, 0.25, 0.5, 0.75, 1].map { (x: $0, name: Formatting.percent($0, digits: 0)) },
            format: { Formatting.percent($0, digits: 0) })
        chart.domain = 0...1
        chart.range = 0...1
        chart.hasDiagonal = true
        (chart.width, chart.height) = (360, 280)
        let rows = evaluation.calibration.map {
            [
                "\(Formatting.percent($0.lower, digits: 0))–\(Formatting.percent($0.upper, digits: 0))",
                Formatting.count($0.examples), Formatting.percent($0.score), Formatting.percent($0.accuracy),
            ]
        }
        return "<h3>Calibration</h3><p>Expected calibration error \(Formatting.percent(evaluation.calibrationError))"
            + " points over \(Formatting.count(evaluation.examples)) held-out examples.</p>" + chart.svg()
            + Markup.table(
                ["score %", "examples", "mean score %", "accuracy %"], rows, numbers: [1, 2, 3],
                caption: "Calibration by interval of the score")
    }

    private func replay() -> String {
        guard let replay = report.replay else { return "" }
        let ratio = replay.compression.map { ", \(Formatting.fixed($0, digits: 1)) to one" } ?? ""
        let text =
            "\(Formatting.count(replay.exemplars)) exemplars of \(Formatting.count(replay.offered)) offered; "
            + "\(Formatting.bytes(replay.textBytes)) of text in \(Formatting.bytes(replay.storedBytes)) on disk\(ratio)."
        let bars = replay.labels.prefix(16).map {
            Bars.Bar(name: $0.label, value: Double($0.exemplars), text: Formatting.count($0.exemplars))
        }
        let labels = replay.labels.map {
            [
                $0.label, Formatting.count($0.exemplars), Formatting.bytes($0.textBytes),
                Formatting.fixed($0.rehearsed, digits: 1),
            ]
        }
        return "<h3>Replay memory</h3><p>\(Markup.escaped(text))</p>"
            + Bars(title: "Exemplars by label", bars: Array(bars)).svg()
            + Markup.table(
                ["label", "exemplars", "text", "rehearsed (mean times)"], labels, numbers: [1, 2, 3],
                caption: "Replay memory by label")
            + Markup.table(
                ["experience", "exemplars"],
                replay.experiences.map { ["\($0.experience)", Formatting.count($0.exemplars)] }, numbers: [0, 1],
                caption: "Age: exemplars by the experience they were first learned in")
            + Markup.table(
                ["rehearsed", "exemplars"],
                replay.rehearsals.map { [ReplayWords.group($0), Formatting.count($0.exemplars)] }, numbers: [1],
                caption: "How often exemplars were learned again")
    }

    private func updates() -> String {
        guard !report.updates.isEmpty else { return "" }
        let rows = report.updates.map { update in
            [
                Formatting.moment(update.createdAt), update.status.rawValue, update.adapter?.version ?? "–",
                Formatting.count(update.examples.new), Formatting.count(update.examples.replayed),
                TaskWords.verdict(update),
            ]
        }
        return "<h3>Updates</h3>"
            + Markup.table(
                ["asked for (UTC)", "status", "version", "new", "replayed", "verdict"], rows, numbers: [3, 4],
                visible: 12, caption: "Updates, newest first")
    }
}
