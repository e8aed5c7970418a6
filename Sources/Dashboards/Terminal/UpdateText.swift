import Schema

/// Updates of a task on a terminal: the one that runs, and those before.
enum UpdateText {
    static func lines(_ report: TaskReport, width: Int) -> [TextLine] {
        guard let update = report.updates.first else {
            let waiting = Formatting.count(report.waiting)
            return [
                TextLine("No update yet; \(waiting) examples wait, \(report.task.update.minimumExamples) start one.")
            ]
        }
        return current(update, report, width: width) + history(report, width: width, limit: 100)
    }

    private static func current(_ update: Update, _ report: TaskReport, width: Int) -> [TextLine] {
        var lines = [
            TextLine([
                TextSpan(text: "\(update.id)  experience \(update.experience)  ", style: .strong),
                TextSpan(text: update.status.rawValue, style: style(update.status)),
            ]),
            TextLine([
                TextSpan(text: ProgressBar.text(update.progress, width: max(10, min(60, width - 20))), style: .bar),
                TextSpan(text: " \(Formatting.percent(update.progress, digits: 0)) %"),
            ]),
        ]
        var pairs = [
            (
                "examples",
                "\(Formatting.count(update.examples.new)) new, \(Formatting.count(update.examples.replayed)) replayed"
            )
        ]
        if let started = update.startedAt {
            let elapsed = max(0, (update.finishedAt ?? report.time).seconds - started.seconds)
            let left = elapsed * (1 - update.progress) / max(update.progress, 1e-9)
            let rest =
                update.status.isFinal || update.progress < 0.02
                ? "" : ", about \(Formatting.duration(seconds: left)) left"
            pairs.append(("time", Formatting.duration(seconds: elapsed) + rest))
        }
        if let curve = report.curve {
            pairs.append(("speed", "\(Formatting.rate(curve.examplesPerSecond)) examples/s"))
            pairs.append(("replay share", "\(Formatting.percent(curve.replayShare, digits: 0)) %"))
            pairs.append(
                (
                    "step",
                    "\(curve.step) of \(curve.steps), epoch \(curve.epoch) of \(curve.epochs), attempt \(curve.attempt)"
                ))
        }
        pairs.append(("verdict", update.status.isFinal ? TaskWords.verdict(update) : "–"))
        lines += TextBlocks.pairs(pairs, width: width)
        if let curve = report.curve, !curve.points.isEmpty {
            lines += [TextLine(), TextLine("loss", .faint)]
            lines += TextBlocks.plot(curve.points.map(\.loss), width: min(width, 90), height: 6) {
                Formatting.fixed($0, digits: 2)
            }
        }
        return lines
    }

    static func history(_ report: TaskReport, width: Int, limit: Int) -> [TextLine] {
        guard !report.updates.isEmpty else { return [] }
        var table = TextTable([
            .init("ASKED FOR"), .init("STATUS"), .init("VERSION"), .init("NEW", alignsRight: true),
            .init("REPLAYED", alignsRight: true), .init("TOOK", alignsRight: true), .init("VERDICT", isFlexible: true),
        ])
        let shown = report.updates.prefix(limit)
        for update in shown {
            let took = update.startedAt.map { (update.finishedAt ?? report.time).seconds - $0.seconds }
            table.append([
                String(Formatting.moment(update.createdAt).suffix(11)), update.status.rawValue,
                update.adapter?.version ?? "–", Formatting.count(update.examples.new),
                Formatting.count(update.examples.replayed), took.map { Formatting.duration(seconds: $0) } ?? "–",
                update.status.isFinal ? TaskWords.verdict(update) : "",
            ])
        }
        return TextBlocks.heading("Updates")
            + table.lines(width: width) { row, column in column == 1 ? style(shown[row].status) : .plain }
    }

    static func style(_ status: UpdateStatus?) -> TextStyle {
        switch status {
        case .promoted: .good
        case .rejected, .failed: .bad
        case .queued, .training, .evaluating: .busy
        case .cancelled, nil: .faint
        }
    }
}
