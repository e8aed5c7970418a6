import Schema

/// One frame of the dashboard: what is known, as the reader wants it shown.
public struct DashboardFrame: Sendable {
    public var snapshot: DashboardSnapshot
    public var state: DashboardState

    public init(_ snapshot: DashboardSnapshot, state: DashboardState = DashboardState()) {
        self.snapshot = snapshot
        self.state = state
    }

    /// Exactly `rows` lines, unless there is no end to them, of at most `columns` columns; without trailing line feed.
    public func text(columns: Int, rows: Int, color: Bool) -> String {
        lines(columns: columns, rows: rows).map { $0.rendered(width: columns, color: color) }.joined(separator: "\n")
    }

    /// The furthest that the body can be scrolled: to its last page.
    func lastScroll(columns: Int, rows: Int) -> Int {
        let room = max(0, rows - 1 - top(columns: columns, rows: rows).count)
        return max(0, body(columns: columns, rows: room).count - room)
    }

    private func lines(columns: Int, rows: Int) -> [TextLine] {
        guard rows != .max else {
            return header(columns) + [TextLine()] + body(columns: columns, rows: .max / 2)
        }
        guard rows > 0 else { return [] }
        let top = top(columns: columns, rows: rows)
        let room = rows - 1 - top.count
        var body = body(columns: columns, rows: room)
        if body.count > room {
            // Never past the last page.
            let first = max(0, min(state.scroll, body.count - room))
            let below = body.count - first - room
            body = Array(body[first..<first + room])
            if below > 0, room > 1 { body[room - 1] = TextLine("↓ \(Formatting.count(below + 1)) more lines", .faint) }
        }
        body += [TextLine](repeating: TextLine(), count: max(0, room - body.count))
        return top + body + [footer(columns)]
    }

    /// The header and a blank line; as much of them as leaves room for content and keys.
    private func top(columns: Int, rows: Int) -> [TextLine] {
        let header = header(columns)
        guard snapshot.overview != nil else { return Array(header.prefix(max(0, rows - 1))) }
        let kept = min(header.count, max(0, rows - Self.leastBody - 2))
        guard kept > 0 else {
            // That it is not fresh is said before anything else.
            return snapshot.failure == nil || rows < 2 ? [] : Array(header.suffix(1))
        }
        return header.prefix(kept) + [TextLine()]
    }

    /// Lines of content that the header leaves at least.
    private static let leastBody = 3

    private func header(_ columns: Int) -> [TextLine] {
        var first = [TextSpan(text: "perennial", style: .strong), TextSpan(text: "  \(snapshot.address)")]
        guard let overview = snapshot.overview else {
            return [TextLine(first), TextLine(snapshot.failure ?? "reading …", .faint)]
        }
        if let base = overview.base { first.append(TextSpan(text: "  \(base)")) }
        if let uptime = overview.uptimeSeconds {
            first.append(TextSpan(text: "  up \(Formatting.duration(seconds: uptime))", style: .faint))
        }
        if let failure = snapshot.failure { return [TextLine(first), TextLine("not fresh: \(failure)", .bad)] }
        var figures: [String] = []
        if let rates = snapshot.rates {
            figures.append("\(Formatting.rate(rates.requestsPerSecond)) requests/s")
            figures.append("p50 \(duration(rates.median))")
            figures.append("p99 \(duration(rates.percentile99))")
        }
        figures.append("queue \(overview.queue)")
        figures.append(
            "\(Formatting.count(overview.updatesToday)) "
                + (overview.updatesToday == 1 ? "update" : "updates") + " today")
        figures.append("replay \(Formatting.bytes(overview.replayBytes))")
        if let bytes = overview.residentBytes { figures.append("memory \(Formatting.bytes(bytes))") }
        // A figure is never cut in two: what does not fit goes to the next line.
        var lines = [""]
        for figure in figures {
            let joined = lines[lines.count - 1].isEmpty ? figure : lines[lines.count - 1] + " · " + figure
            if joined.displayWidth <= columns { lines[lines.count - 1] = joined } else { lines.append(figure) }
        }
        return [TextLine(first)] + lines.map { TextLine($0) }
    }

    private func duration(_ seconds: Double?) -> String { seconds.map { Formatting.duration(seconds: $0) } ?? "–" }

    private func body(columns: Int, rows: Int) -> [TextLine] {
        if state.showsHelp { return Help.lines(isReadOnly: state.isReadOnly, columns: columns) }
        guard let overview = snapshot.overview else { return [] }
        guard let task = state.task else { return self.overview(overview, columns: columns, rows: rows) }
        let tabs = TextLine(
            [TextSpan(text: task, style: .strong), TextSpan(text: "  ")]
                + DashboardState.View.allCases.map { view in
                    let name = " \(view.rawValue + 1) \(view.name) "
                    return TextSpan(
                        text: view == state.view ? "[\(name)]" : " \(name) ",
                        style: view == state.view ? .strong : .faint)
                })
        guard let report = snapshot.report, report.task.name.rawValue == task else {
            return [tabs, TextLine(), TextLine("reading …", .faint)]
        }
        return [tabs] + view(report, columns: columns, rows: rows)
    }

    private func view(_ report: TaskReport, columns: Int, rows: Int) -> [TextLine] {
        switch state.view {
        case .task: return [TextLine()] + TaskText.lines(report, width: columns)
        case .updates: return [TextLine()] + UpdateText.lines(report, width: columns)
        case .replay: return ReplayText.lines(report, width: columns, labels: 1_000)
        case .adapters:
            guard let asked = state.comparison else {
                return [TextLine()]
                    + AdapterText.lines(
                        report, selected: state.selectedVersion(report), detail: snapshot.detail, width: columns,
                        limit: max(1, min(10, rows / 2, rows - 3)))
            }
            guard let comparison = snapshot.comparison, comparison.from == asked.from, comparison.to == asked.to else {
                return [TextLine(), TextLine("comparing \(asked.from) with \(asked.to) …", .faint)]
            }
            return [TextLine()] + AdapterText.comparison(comparison, width: columns)
        }
    }

    private func overview(_ overview: ServiceOverview, columns: Int, rows: Int) -> [TextLine] {
        guard !overview.tasks.isEmpty else {
            return [TextLine("No task yet. Make one: perennial task create NAME")]
        }
        let tasks = state.tasks(overview)
        guard !tasks.isEmpty else { return [TextLine("No task is called like \"\(state.filter)\".")] }
        // The last line says how many there are, where not all are shown and there is room to say so.
        let isCut = tasks.count > rows - 1 && rows > 3
        var lines = OverviewText.lines(
            tasks, selected: state.selectedIndex(tasks), width: columns, rows: isCut ? rows - 1 : rows,
            at: overview.time)
        if isCut {
            lines.append(
                TextLine(
                    "task \(Formatting.count(state.selectedIndex(tasks) + 1)) of \(Formatting.count(tasks.count))",
                    .faint))
        }
        // With room for one line only, that is the selected task.
        return rows > 1 ? lines : Array(lines.suffix(1))
    }

    private func footer(_ columns: Int) -> TextLine {
        switch state.question {
        case .promote(let task, let version): return TextLine("Promote \(version) of \(task)? y/N", .busy)
        case .rollback(let task): return TextLine("Roll \(task) back to the version before? y/N", .busy)
        case .quit, nil: break
        }
        if state.isFiltering { return TextLine("filter: \(state.filter)▏  enter keeps it, esc clears it") }
        if !state.message.isEmpty { return TextLine(state.message, .busy) }
        let filter = state.filter.isEmpty ? "" : "  filter: \(state.filter) (esc clears)"
        guard state.task != nil else {
            return TextLine(Self.keys(["↑↓ choose", "enter open", "/ filter"], columns) + filter, .faint)
        }
        let keys =
            switch state.view {
            case .adapters where state.comparison == nil:
                ["↑↓ choose", "enter compare", "p promote", "r roll back", "esc back"]
            case .adapters: ["↑↓ scroll", "esc versions"]
            default: ["↑↓ scroll", "←→ 1-4 views", "r roll back", "esc back"]
            }
        return TextLine(Self.keys(keys, columns), .faint)
    }

    /// As many as fit; help, which tells the others, and the end always do.
    private static func keys(_ keys: [String], _ columns: Int) -> String {
        var keys = keys
        func line() -> String { (keys + ["? help", "q quit"]).joined(separator: "  ") }
        while !keys.isEmpty, line().displayWidth > columns { keys.removeLast() }
        return line()
    }
}

/// What the keys do.
enum Help {
    static func lines(isReadOnly: Bool, columns: Int) -> [TextLine] {
        let keys = [
            ("↑ ↓  j k", "choose a row, scroll"), ("pgup pgdn  g G", "a page; first and last"),
            ("enter", "open the task; compare the version with the champion"), ("esc", "back"),
            ("← →  1 2 3 4", "views of a task: task, updates, adapters, replay"), ("/", "filter tasks by name"),
            ("c", "compare versions"),
            ("p", isReadOnly ? "promote (off: read-only)" : "promote the chosen version; asks first"),
            ("r", isReadOnly ? "roll back (off: read-only)" : "roll back to the version before; asks first"),
            ("?", "this help; any key ends it"), ("q", "quit"),
        ]
        let notes = [
            "Tasks stand worst first: drift, failed updates and parked examples; then what is watched, was rejected or forgot "
                + "5 points and more; within each by forgetting.",
            "Accuracy is over held-out examples; bars run from 50 to 100 %. Times are UTC.",
            "LOST is forgetting: best ever minus last, mean over old experiences, in points.",
        ]
        return [TextLine("Keys", .strong)] + TextBlocks.pairs(keys, width: min(76, columns)) + [TextLine()]
            + notes.flatMap { TextBlocks.wrapped($0, width: columns) }
    }
}
