import Schema

/// The accuracy matrix as a drawing, digits in its cells.
struct MatrixDrawing {
    var report: ForgettingReport

    /// Rows and columns at most; the middle ones are left out, as on a terminal. The table beneath has all of the
    /// report.
    static let limit = 24

    func svg() -> String {
        let columns = Elision.indices(report.slices.count, limit: Self.limit)
        let rows = Elision.indices(report.accuracy.count, limit: Self.limit)
        let (left, top, cell, height) = (64.0, 24.0, 40.0, 24.0)
        var body = Markup.text("version", x: left - 8, y: 16, anchor: .end, style: "axis")
        for (place, column) in columns.enumerated() {
            let name = column.map { String(report.slices[$0].experience) } ?? "…"
            body += Markup.text(name, x: left + (Double(place) + 0.5) * cell, y: 16, anchor: .middle, style: "axis")
        }
        for (line, row) in rows.enumerated() {
            let y = top + Double(line) * height
            let version = row.map { $0 < report.versions.count ? report.versions[$0] : "\($0 + 1)" } ?? "⋮"
            body += Markup.text(version, x: left - 8, y: y + 16, anchor: .end, style: "axis")
            guard let row else { continue }
            for (place, column) in columns.enumerated() {
                guard let column, let value = report.accuracy[row][column] else { continue }
                let x = left + Double(place) * cell
                let (fill, isDark) = HeatmapScale.color(value)
                body += Markup.rectangle(
                    x: x + 1, y: y + 1, width: cell - 2, height: height - 2, fill: fill,
                    title: "\(version), experience \(report.slices[column].experience)")
                body += Markup.text(
                    Formatting.percent(value, digits: 0), x: x + cell / 2, y: y + 16, anchor: .middle,
                    style: isDark ? "on-dark" : "on-light")
            }
        }
        return Markup.drawing(
            width: left + Double(columns.count) * cell + 8, height: top + Double(rows.count) * height + 4,
            label: "Accuracy in percent of each version on each experience", body)
    }

    func table() -> String {
        let rows = zip(report.versions, report.accuracy).map { version, values in
            [version] + values.map { $0 == nil ? "·" : Formatting.percent($0) }
        }
        let heldOut = ["held out"] + report.slices.map { String($0.holdout) }
        return Markup.table(
            ["version"] + report.slices.map { "exp. \($0.experience)" }, rows + [heldOut],
            numbers: Set(1...max(1, report.slices.count)),
            caption: "Accuracy in percent on the held-out examples of each experience"
                + (report.isExcerpt ? "; the middle of the history is left out" : ""))
    }
}
