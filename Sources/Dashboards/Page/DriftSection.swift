import Schema

/// Drift on the page: a card for each verdict, each statistic over time with its threshold, and what was done.
struct DriftSection {
    var report: DriftReport?

    func html() -> String {
        guard let report, !report.verdicts.isEmpty || !report.events.isEmpty else { return "" }
        return "<h3>Drift</h3>" + cards(report) + verdicts(report)
            + report.series.filter { $0.points.count > 1 }.map(series).joined() + events(report)
    }

    private func cards(_ report: DriftReport) -> String {
        let worst = report.verdicts.sorted {
            ($1.level, $0.kind.rawValue, $0.statistic) < ($0.level, $1.kind.rawValue, $1.statistic)
        }
        let cards = worst.map { verdict in
            let since = verdict.since.map { " since \(Formatting.moment($0))" } ?? ""
            return """
                <li class="\(verdict.level.rawValue)"><b>\(DriftWords.name(verdict.kind)): \(DriftWords.level(verdict))</b>\(since)
                <small>\(Markup.escaped(DriftWords.evidence(verdict)))</small>
                <small>\(Markup.escaped(DriftWords.samples(verdict.samples)))</small>\(Markup.escaped(verdict.advice))</li>
                """
        }
        return "<ul class=\"cards\">\(cards.joined())</ul>"
    }

    private func verdicts(_ report: DriftReport) -> String {
        let rows = report.verdicts.map { verdict in
            [
                DriftWords.name(verdict.kind), DriftWords.name(statistic: verdict.statistic),
                Formatting.statistic(verdict.value),
                (verdict.isJudgedByPValue ? "p " : "") + Formatting.statistic(verdict.threshold),
                Formatting.statistic(verdict.pValue), Formatting.count(verdict.samples.current),
                Formatting.count(verdict.samples.reference),
                verdict.window.map { "\(Formatting.moment($0.from)) to \(Formatting.moment($0.to))" } ?? "–",
                DriftWords.level(verdict),
            ]
        }
        return Markup.table(
            ["what", "statistic", "value", "threshold", "p", "current", "reference", "window (UTC)", "level"], rows,
            numbers: [2, 3, 4, 5, 6],
            caption: "Every statistic: p-values are corrected for their number (Benjamini–Hochberg)")
    }

    private func series(_ series: DriftSeries) -> String {
        let name = "\(DriftWords.name(series.kind)): \(DriftWords.name(statistic: series.statistic))"
        let points = series.points
        let ticks = [points.first, points[points.count / 2], points.last].compactMap { $0 }
        var chart = LineChart(
            title: name + " over time", points: points.map { (x: $0.time.seconds, y: $0.value) },
            ticks: ticks.map { (x: $0.time.seconds, name: Formatting.moment($0.time)) },
            format: { Formatting.statistic($0) })
        if let threshold = series.threshold {
            chart.thresholds = [.init(value: threshold, name: "threshold \(Formatting.statistic(threshold))")]
        }
        chart.height = 170
        return "<h4>\(Markup.escaped(name))</h4>" + chart.svg()
            + Markup.table(
                ["when (UTC)", DriftWords.name(statistic: series.statistic)],
                points.reversed().map { [Formatting.moment($0.time), Formatting.statistic($0.value)] }, numbers: [1],
                visible: 8, caption: name)
    }

    private func events(_ report: DriftReport) -> String {
        guard !report.events.isEmpty else { return "" }
        return Markup.table(
            ["when (UTC)", "what", "level", "seen", "done"],
            report.events.map {
                [
                    Formatting.moment($0.time), DriftWords.name($0.kind), DriftWords.name($0.level), $0.message,
                    $0.action == nil ? "–" : TaskWords.done($0),
                ]
            }, visible: 12, caption: "Drifts confirmed and ended, newest first")
    }
}
