import Schema

/// The report as one HTML page that needs nothing but itself: no network, no build step, no asset.
public struct ReportPage: Sendable {
    /// Left out, the page is about its tasks only.
    public var overview: ServiceOverview?
    public var reports: [TaskReport]
    /// Fetches itself anew every few seconds; for a page that a service answers.
    public var isLive: Bool

    public init(overview: ServiceOverview? = nil, reports: [TaskReport], isLive: Bool = false) {
        self.overview = overview
        self.reports = reports
        self.isLive = isLive
    }

    public func html() -> String {
        let time = overview?.time ?? reports.first?.time ?? .now
        let title = reports.count == 1 ? "Perennial: \(reports[0].task.name)" : "Perennial"
        var main = ""
        if let overview { main += OverviewSection(overview: overview, linksTasks: isLive).html() }
        main += reports.map { TaskSection(report: $0).html() }.joined()
        let age = isLive ? "live" : "taken \(Formatting.moment(time)) UTC"
        return """
            <!doctype html>
            <html lang="en"><head><meta charset="utf-8">
            <meta name="viewport" content="width=device-width,initial-scale=1">
            <meta name="color-scheme" content="light dark"><link rel="icon" href="data:,">
            <title>\(Markup.escaped(title))</title>
            <style>\(PageStyle.css)</style></head>
            <body><header><h1>\(Markup.escaped(title))</h1></header>
            <main>\(main)</main>
            <footer>What was learned, kept and lost · <span id="age">\(Markup.escaped(age))</span></footer>
            <script>\(PageStyle.printScript)\(isLive ? PageStyle.liveScript : "")</script>
            </body></html>

            """
    }
}

/// The service's figures and a table of its tasks, worst first.
struct OverviewSection {
    var overview: ServiceOverview
    /// Whether names lead to `?task=`, which only a service answers.
    var linksTasks: Bool

    /// Rows shown; a service with more tasks says how many there are.
    static let limit = 500

    func html() -> String {
        var figures = [
            ("tasks", Formatting.count(overview.tasks.count)),
            ("updates today", Formatting.count(overview.updatesToday)),
            ("replay", Formatting.bytes(overview.replayBytes)), ("waiting for the model", "\(overview.queue)"),
        ]
        if let bytes = overview.residentBytes { figures.append(("memory", Formatting.bytes(bytes))) }
        if overview.predictions.count > 0 {
            figures.append(("predictions", Formatting.count(overview.predictions.count)))
            for (name, share) in [("p50", 0.5), ("p99", 0.99)] {
                if let seconds = overview.predictions.quantile(share) {
                    figures.append((name, Formatting.duration(seconds: seconds)))
                }
            }
        }
        if let uptime = overview.uptimeSeconds { figures.append(("up", Formatting.duration(seconds: uptime))) }
        let list = figures.map { "<li>\(Markup.escaped($0.0)) <b>\(Markup.escaped($0.1))</b></li>" }.joined()
        return "<ul class=\"figures\">\(list)</ul>" + (overview.tasks.isEmpty ? Self.empty : table())
    }

    private static let empty = "<p>No task yet. Make one: <code>perennial task create NAME</code></p>"

    private func table() -> String {
        let columns = [
            "task", "champion", "new", "replay", "accuracy", "forgetting", "drift", "last update", "state",
        ]
        let head = columns.map { "<th scope=\"col\">\($0)</th>" }.joined()
        let rows = overview.worstFirst.prefix(Self.limit).map { task -> String in
            let name = Markup.escaped(task.name)
            let link = linksTasks ? "<a href=\"?task=\(name)\">\(name)</a>" : "<a href=\"#\(name)\">\(name)</a>"
            let level = task.drift.map { " class=\"level-\($0.level.rawValue)\"" } ?? ""
            let accuracy = (task.accuracy.last ?? nil).map { Formatting.percent($0) + " %" } ?? "–"
            let updated = task.update.map { Formatting.age(of: $0.time, at: overview.time) + " ago" } ?? "–"
            let cells = [
                task.champion ?? "–", Formatting.count(task.waiting),
                "\(Formatting.count(task.replayExemplars)) in \(Formatting.bytes(task.replayBytes))", accuracy,
                Formatting.percent(task.forgetting),
            ]
            return "<tr><td>\(link)</td>" + cells.map { "<td>\(Markup.escaped($0))</td>" }.joined()
                + "<td\(level)>\(Markup.escaped(DriftWords.short(task.drift, at: overview.time)))</td>"
                + "<td>\(updated)</td><td>\(Markup.escaped(TaskWords.state(task)))</td></tr>"
        }
        let more = overview.tasks.count - rows.count
        let rest = more > 0 ? "<p>… and \(Formatting.count(more)) more tasks.</p>" : ""
        return """
            <div class="scroll"><table><caption>Tasks, worst first</caption><thead><tr>\(head)</tr></thead>
            <tbody>\(rows.joined(separator: "\n"))</tbody></table></div>\(rest)
            """
    }
}
