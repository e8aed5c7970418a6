import Schema

/// One task on a terminal: its story, drift, what was kept and lost, what is confused.
public enum TaskText {
    /// The whole report, lines of at most `width` columns.
    public static func text(_ report: TaskReport, width: Int, color: Bool) -> String {
        let title = [TextLine(report.task.name.rawValue, .strong)]
        let lines =
            title + lines(report, width: width) + ReplayText.lines(report, width: width)
            + UpdateText.history(report, width: width, limit: 10)
        return lines.map { $0.rendered(width: width, color: color) + "\n" }.joined()
    }

    static func lines(_ report: TaskReport, width: Int) -> [TextLine] {
        var lines = TaskWords.story(report).flatMap { TextBlocks.wrapped($0, width: width, indent: 2) }
        lines += gate(report, width: width)
        lines += drift(report, width: width)
        lines += TextBlocks.heading("Learned, kept and lost")
        lines += ForgettingHeatmap.lines(report.forgetting, width: width, maximumRows: 16)
        lines += timeline(report, width: width)
        lines += labels(report, width: width)
        return lines
    }

    /// What the last gate said.
    private static func gate(_ report: TaskReport, width: Int) -> [TextLine] {
        guard let update = report.updates.first(where: { $0.status.isFinal }) else { return [] }
        let style: TextStyle = update.status == .promoted ? .good : update.status == .cancelled ? .plain : .bad
        let text = "Last gate (experience \(update.experience)): \(TaskWords.verdict(update))"
        return TextBlocks.wrapped(text, width: width, indent: 2, style: style)
    }

    /// A card for each verdict: the worst in full, the others in a line.
    private static func drift(_ report: TaskReport, width: Int) -> [TextLine] {
        guard let drift = report.drift, !drift.verdicts.isEmpty else { return [] }
        let worst = drift.verdicts.sorted {
            ($1.level, $0.kind.rawValue, $0.statistic) < ($0.level, $1.kind.rawValue, $1.statistic)
        }
        var lines = TextBlocks.heading("Drift")
        for verdict in worst {
            let style: TextStyle =
                switch verdict.level {
                case .drift: .bad
                case .watch: .busy
                case .ok: .good
                case .insufficient: .faint
                }
            lines.append(
                TextLine([
                    TextSpan(text: DriftWords.level(verdict).padded(to: 8), style: style),
                    TextSpan(text: DriftWords.name(verdict.kind).padded(to: 15)),
                    TextSpan(text: DriftWords.evidence(verdict)),
                    TextSpan(text: "  " + DriftWords.samples(verdict.samples), style: .faint),
                ]))
            guard verdict.level >= .watch else { continue }
            let since = verdict.since.map { "Since \(Formatting.moment($0)). " } ?? ""
            lines += TextBlocks.wrapped(since + verdict.advice, width: width - 8, indent: 0).map { line in
                TextLine([TextSpan(text: "        ")] + line.spans)
            }
        }
        for event in drift.events.prefix(3) {
            let done = event.action == nil ? "" : "; \(TaskWords.done(event))"
            lines += TextBlocks.wrapped(
                "\(Formatting.moment(event.time))  \(event.message)\(done)", width: width, indent: 18, style: .faint)
        }
        return lines
    }

    /// What moved the alias, newest last.
    private static func timeline(_ report: TaskReport, width: Int) -> [TextLine] {
        guard !report.timeline.isEmpty else { return [] }
        var lines = TextBlocks.heading("Timeline")
        let accuracy = report.versions.filter { $0.state != .rejected }.map(\.metrics.accuracy)
        if accuracy.contains(where: { $0 != nil }) {
            lines.append(
                TextLine([
                    TextSpan(text: "accuracy by version  ", style: .faint),
                    TextSpan(text: Sparkline.text(accuracy, width: min(60, width - 32), range: 0.5...1), style: .bar),
                    TextSpan(text: "  \(Formatting.percent(accuracy.last ?? nil)) %"),
                ]))
        }
        let marks = report.timeline.suffix(12).map { event in
            let sign = event.cause == .rollback ? "↩" : event.cause == .promote ? "⇑" : "↑"
            return "\(sign)\(event.version) \(String(Formatting.moment(event.time).suffix(11)))"
        }
        lines += TextBlocks.wrapped(marks.joined(separator: "  "), width: width)
        lines.append(TextLine("↑ promoted by the gate  ⇑ promoted by hand  ↩ rolled back to (UTC)", .faint))
        return lines
    }

    private static func labels(_ report: TaskReport, width: Int) -> [TextLine] {
        guard let evaluation = report.evaluation else { return [] }
        let half = width >= 76 ? (width - 2) / 2 : width
        var weakest = [TextLine("weakest labels of \(evaluation.version)", .faint)]
        weakest += TextBlocks.bars(
            evaluation.labels.filter { $0.examples > 0 }.prefix(8).map {
                ($0.label, $0.accuracy ?? 0, "\(Formatting.percent($0.accuracy, digits: 0)) % of \($0.examples)")
            }, width: half)
        var table = TextTable([
            .init("IS", isFlexible: true), .init("TAKEN FOR", isFlexible: true), .init("TIMES", alignsRight: true),
        ])
        for pair in evaluation.confusions.prefix(8) { table.append([pair.expected, pair.predicted, "\(pair.count)"]) }
        let confused = evaluation.confusions.isEmpty ? [TextLine("nothing is confused")] : table.lines(width: half)
        let error = Formatting.percent(evaluation.calibrationError)
        return TextBlocks.heading("Labels") + TextBlocks.beside(weakest, confused, width: width)
            + [
                TextLine(
                    "expected calibration error \(error) points of "
                        + Formatting.count(evaluation.examples, "held-out example"), .faint)
            ]
    }
}
