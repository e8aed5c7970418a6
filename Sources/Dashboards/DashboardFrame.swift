import Schema

/// One frame of the dashboard: service, tasks, latest updates, and the forgetting heatmap where there is room.
public struct DashboardFrame: Sendable {
    public var snapshot: DashboardSnapshot

    public init(_ snapshot: DashboardSnapshot) { self.snapshot = snapshot }

    /// At most `rows` lines of at most `columns` columns, without trailing line feed.
    ///
    /// What matters least goes first where room is short: the heatmap, then older updates, then the last tasks.
    public func text(columns: Int, rows: Int, color: Bool) -> String {
        lines(columns: columns, rows: rows).map { $0.rendered(width: columns, color: color) }.joined(separator: "\n")
    }

    private func lines(columns: Int, rows: Int) -> [TextLine] {
        var lines = header() + [TextLine()]
        lines += tasks(columns: columns, limit: max(1, rows - lines.count))
        lines += updates(columns: columns, limit: rows - lines.count)
        lines += heatmap(columns: columns, limit: rows - lines.count)
        return Array(lines.prefix(max(0, rows)))
    }

    private func header() -> [TextLine] {
        let service = snapshot.service
        var first = [
            TextSpan(text: "perennial", style: .strong), TextSpan(text: "  \(service.address)  base \(service.base)"),
        ]
        if let uptime = service.uptimeSeconds {
            first.append(TextSpan(text: "  up \(Formatting.duration(seconds: uptime))", style: .faint))
        }
        var figures: [String] = []
        if let rate = service.queriesPerSecond { figures.append("\(Formatting.rate(rate)) queries/s") }
        if let latency = service.medianLatencySeconds {
            figures.append("median \(Formatting.duration(seconds: latency))")
        }
        if let rate = service.examplesPerSecond { figures.append("\(Formatting.rate(rate)) examples/s") }
        if let bytes = service.residentBytes { figures.append("\(Formatting.bytes(bytes)) memory") }
        let running = snapshot.updates.count { !$0.status.isFinal }
        figures.append("\(running) updating")
        return [TextLine(first), TextLine(figures.joined(separator: " · "))]
    }

    private func tasks(columns: Int, limit: Int) -> [TextLine] {
        guard !snapshot.tasks.isEmpty else {
            return [TextLine("No task yet. Make one: perennial task create NAME")]
        }
        let isWide = columns >= 110
        var table = TextTable([
            .init("TASK", isFlexible: true), .init("SERVING"), .init("NEW", alignsRight: true),
            .init("REPLAY", alignsRight: true), .init("ACCURACY"), .init("FORGOT", alignsRight: true),
            .init("UPDATE", isFlexible: true),
        ])
        for task in snapshot.tasks {
            table.append([
                task.name, task.champion ?? "–", Formatting.count(task.waiting), replay(task),
                accuracy(task, width: isWide ? 24 : 8), Formatting.percent(task.forgetting),
                task.update.map { progress($0, barWidth: isWide ? 8 : 0) } ?? "–",
            ])
        }
        let updateColumn = table.columns.count - 1
        let lines = table.lines(width: columns) { row, column in
            column == updateColumn ? style(snapshot.tasks[row].update?.status) : .plain
        }
        guard lines.count > limit else { return lines }
        let shown = lines.prefix(max(1, limit - 1))
        return shown + [TextLine("… and \(lines.count - shown.count) more tasks", .faint)]
    }

    private func replay(_ task: DashboardSnapshot.TaskOverview) -> String {
        guard let exemplars = task.replayExemplars else { return "–" }
        let bytes = task.replayBytes.map { " in " + Formatting.bytes($0) } ?? ""
        return Formatting.count(exemplars) + bytes
    }

    private func accuracy(_ task: DashboardSnapshot.TaskOverview, width: Int) -> String {
        guard let last = task.accuracy.last ?? nil else { return "–" }
        // A fixed scale, so that two tasks, and two moments, compare.
        let line = Sparkline.text(task.accuracy, width: width, range: 0.5...1)
        return line.padded(to: min(width, max(4, task.accuracy.count))) + " " + Formatting.percent(last)
    }

    private func progress(_ update: Update, barWidth: Int) -> String {
        switch update.status {
        case .training, .evaluating:
            let percent = Formatting.percent(update.progress, digits: 0)
            let bar = barWidth > 0 ? " " + ProgressBar.text(update.progress, width: barWidth) : ""
            return "\(update.status.rawValue) \(percent) %\(bar)"
        case .queued, .promoted, .rejected, .failed, .cancelled:
            return update.status.rawValue
        }
    }

    private func style(_ status: UpdateStatus?) -> TextStyle {
        switch status {
        case .promoted: .good
        case .rejected, .failed: .bad
        case .queued, .training, .evaluating: .busy
        case .cancelled, nil: .faint
        }
    }

    private func updates(columns: Int, limit: Int) -> [TextLine] {
        // A blank line, the heading and one update are the least worth showing.
        guard limit >= 3, !snapshot.updates.isEmpty else { return [] }
        var table = TextTable([
            .init("UPDATE"), .init("TASK", isFlexible: true), .init("NEW", alignsRight: true),
            .init("REPLAYED", alignsRight: true), .init("TOOK", alignsRight: true), .init("STATUS"),
            .init("WHY", isFlexible: true),
        ])
        let shown = snapshot.updates.prefix(min(limit - 2, 8))
        for update in shown {
            table.append([
                update.id, update.task.rawValue, Formatting.count(update.examples.new),
                Formatting.count(update.examples.replayed), duration(update), update.status.rawValue,
                update.error ?? update.verdict?.reason ?? "",
            ])
        }
        let statusColumn = 5
        return [TextLine()]
            + table.lines(width: columns) { row, column in
                column == statusColumn ? style(snapshot.updates[row].status) : .plain
            }
    }

    private func duration(_ update: Update) -> String {
        guard let started = update.startedAt else { return "–" }
        return Formatting.duration(seconds: (update.finishedAt ?? snapshot.time).seconds - started.seconds)
    }

    private func heatmap(columns: Int, limit: Int) -> [TextLine] {
        guard let report = snapshot.forgetting else { return [] }
        // Blank line, title, two headings, blank line and seven metrics stand around the versions.
        let versions = limit - 12
        guard versions >= 3 else { return [] }
        return [TextLine()] + ForgettingHeatmap.lines(report, width: columns, maximumRows: versions)
    }
}
