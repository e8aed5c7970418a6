import Schema

/// Versions of a task on a terminal, the lineage of one, and two compared.
enum AdapterText {
    static func lines(
        _ report: TaskReport, selected: String?, detail: AdapterDetail?, width: Int, limit: Int
    ) -> [TextLine] {
        guard !report.versions.isEmpty else { return [TextLine("No version yet; the first update makes v1.")] }
        var table = TextTable([
            .init(" "), .init("VERSION"), .init("STATE"), .init("ACCURACY", alignsRight: true),
            .init("HELD OUT", alignsRight: true), .init("PARENT"), .init("MADE (UTC)"),
            .init("DIGEST", isFlexible: true),
        ])
        let versions = Array(report.versions.reversed())
        let index = versions.firstIndex { $0.version == selected } ?? 0
        let first = max(0, min(index - limit / 2, versions.count - limit))
        let shown = versions[first..<min(versions.count, first + limit)]
        for version in shown {
            table.append([
                version.version == selected ? "▸" : " ", version.version, version.state.rawValue,
                Formatting.percent(version.metrics.accuracy), Formatting.count(version.metrics.examples),
                version.parent ?? "–", Formatting.moment(version.createdAt), version.digest,
            ])
        }
        let states = shown.map(\.state)
        var lines = table.lines(width: width) { row, column in
            guard column == 2 else { return .plain }
            return states[row] == .champion ? .good : states[row] == .rejected ? .bad : .faint
        }
        if shown.count < versions.count {
            lines.append(TextLine("\(versions.count) versions; ↑ ↓ show the others", .faint))
        }
        guard let detail, detail.version.version == selected else { return lines }
        return lines + TextBlocks.heading("Lineage of \(detail.version.version)") + lineage(detail, report, width)
    }

    private static func lineage(_ detail: AdapterDetail, _ report: TaskReport, _ width: Int) -> [TextLine] {
        let lineage = detail.lineage
        var pairs = [("digest", detail.version.digest)]
        let update = report.updates.first { $0.id == detail.version.update }
        if let first = lineage.firstExample, let last = lineage.lastExample {
            let count = update.map { ", \(Formatting.count($0.examples.new)) learned" } ?? ""
            pairs.append(("data", "ledger \(Formatting.count(Int(first))) to \(Formatting.count(Int(last)))\(count)"))
        }
        pairs.append(("parent", [detail.version.parent, lineage.parent].compactMap { $0 }.joined(separator: "  ")))
        pairs.append(("recipe", "\(lineage.recipe), seed \(lineage.seed)"))
        pairs.append(("base", "\(lineage.base)  \(lineage.baseDigest)"))
        if let replay = lineage.replay { pairs.append(("replay", replay)) }
        pairs.append(("labels", "\(detail.labels.count): \(detail.labels.joined(separator: ", "))"))
        if let update { pairs.append(("gate", TaskWords.verdict(update))) }
        return TextBlocks.pairs(pairs.filter { !$0.1.isEmpty }, width: width)
    }

    static func comparison(_ comparison: VersionComparison, width: Int) -> [TextLine] {
        let examples = comparison.examples
        var lines = [TextLine("\(comparison.from) → \(comparison.to)", .strong)]
        guard examples > 0 else {
            lines += TextBlocks.wrapped(
                "No held-out example was answered by both, so there is nothing to compare.", width: width)
            return lines
        }
        let gain = comparison.correctTo - comparison.correctFrom
        lines += TextBlocks.wrapped(
            "Of \(Formatting.count(examples)) held-out examples, \(comparison.from) answers "
                + "\(Formatting.count(comparison.correctFrom)) right and \(comparison.to) "
                + "\(Formatting.count(comparison.correctTo)) (\(signed(gain))). "
                + "\(Formatting.count(comparison.changes)) are answered otherwise.", width: width)
        let lost = comparison.labels.filter { $0.gain < 0 }
        let gained = comparison.labels.filter { $0.gain > 0 }.reversed()
        lines.append(TextLine())
        lines += TextBlocks.beside(
            changes("lost", lost, .bad), changes("gained", Array(gained), .good), width: width)
        guard !comparison.changed.isEmpty else { return lines }
        lines += TextBlocks.heading("Texts answered otherwise")
        var table = TextTable([
            .init(" "), .init("IS", isFlexible: true), .init(comparison.from.uppercased(), isFlexible: true),
            .init(comparison.to.uppercased(), isFlexible: true), .init("TEXT", isFlexible: true),
        ])
        for change in comparison.changed {
            let sign = change.to == change.label ? "+" : change.from == change.label ? "−" : " "
            table.append([sign, change.label, change.from, change.to, change.text])
        }
        lines += table.lines(width: width) { row, column in
            guard column == 0 else { return .plain }
            return comparison.changed[row].to == comparison.changed[row].label ? .good : .bad
        }
        return lines
    }

    private static func changes(
        _ title: String, _ labels: [VersionComparison.Label], _ style: TextStyle
    ) -> [TextLine] {
        let rows = labels.prefix(10).map { label in
            TextLine([
                TextSpan(text: signed(label.gain).padded(to: 4, .right), style: style),
                TextSpan(text: "  \(label.label) (\(label.from) → \(label.to) of \(label.examples))"),
            ])
        }
        return [TextLine("labels \(title): \(labels.count)", .faint)] + rows
    }

    private static func signed(_ value: Int) -> String { value > 0 ? "+\(value)" : value < 0 ? "−\(-value)" : "±0" }
}
