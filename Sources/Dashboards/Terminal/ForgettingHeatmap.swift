import Schema

/// The accuracy matrix of a task on a terminal, with the metrics and their formulas under it.
///
/// A row is a version, a column an experience, a cell the accuracy in percent. Colour only repeats the digits.
/// Where columns or rows are too many, the middle ones are left out: what came first shows forgetting, what came
/// last the present.
public enum ForgettingHeatmap {
    /// What the accuracy was measured on.
    public enum Examples: String, Sendable {
        case heldOut = "held-out"
        case test
    }

    /// - Parameters:
    ///   - examples: of each experience.
    ///   - width: columns of the terminal; lines are no longer, from 40 columns on.
    ///   - color: whether cells have a background of the 256-colour palette.
    ///   - maximumRows: versions shown at most, at least 3.
    public static func text(
        _ report: ForgettingReport, on examples: Examples = .heldOut, width: Int, color: Bool, maximumRows: Int = 40
    ) -> String {
        lines(report, on: examples, width: width, maximumRows: maximumRows)
            .map { $0.rendered(width: width, color: color) + "\n" }.joined()
    }

    static func lines(
        _ report: ForgettingReport, on examples: Examples = .heldOut, width: Int, maximumRows: Int
    ) -> [TextLine] {
        guard !report.accuracy.isEmpty, !report.slices.isEmpty else {
            return [TextLine("\(report.task): no update has ended well yet, so there is nothing to compare.")]
        }
        var lines = [
            TextLine(
                "\(report.task): accuracy in percent on the \(examples.rawValue) examples of each experience", .strong)
        ]
        lines += matrix(report, on: examples, width: width, maximumRows: max(3, maximumRows))
        lines.append(TextLine())
        lines += metrics(report)
        return lines
    }

    private static func matrix(
        _ report: ForgettingReport, on examples: Examples, width: Int, maximumRows: Int
    ) -> [TextLine] {
        let labelWidth = max(8, report.versions.reduce(0) { max($0, $1.displayWidth) })
        let experiences = report.slices.map { String($0.experience) }
        let counts = report.slices.map { String($0.holdout) }
        let widest = (experiences + counts).reduce(0) { max($0, $1.count) }
        // Three digits and two of space where there is room, else one of space.
        let room = width - labelWidth
        let cellWidth = max(report.slices.count * 5 <= room ? 5 : 4, widest + 1)
        let columns = Elision.indices(report.slices.count, limit: max(3, room / cellWidth))
        let rows = Elision.indices(report.accuracy.count, limit: maximumRows)

        var lines = [
            heading("version", experiences, columns, labelWidth, cellWidth)
        ]
        for row in rows {
            guard let row else {
                lines.append(TextLine("⋮".padded(to: labelWidth, .right), .faint))
                continue
            }
            let version = row < report.versions.count ? report.versions[row] : "\(row + 1)"
            var spans = [TextSpan(text: version.padded(to: labelWidth, .right))]
            for column in columns {
                spans.append(TextSpan(text: " "))
                spans.append(cell(column.map { report.accuracy[row][$0] }, width: cellWidth - 1))
            }
            lines.append(TextLine(spans))
        }
        lines.append(
            heading(examples == .test ? "test" : "held out", counts, columns, labelWidth, cellWidth))
        return lines
    }

    private static func heading(
        _ title: String, _ entries: [String], _ columns: [Int?], _ labelWidth: Int, _ cellWidth: Int
    ) -> TextLine {
        let cells = columns.map { column in
            (column.map { entries[$0] } ?? "…").padded(to: cellWidth, .right)
        }
        return TextLine(title.padded(to: labelWidth, .right) + cells.joined(), .faint)
    }

    /// `nil` is a column left out; a value of `nil` an experience that was not yet learned, or is empty.
    private static func cell(_ value: Double??, width: Int) -> TextSpan {
        guard let value else { return TextSpan(text: "…".padded(to: width, .right), style: .faint) }
        guard let value else { return TextSpan(text: "·".padded(to: width, .right), style: .faint) }
        return TextSpan(
            text: Formatting.percent(value, digits: 0).padded(to: width, .right), style: HeatmapScale.style(value))
    }

    private static func metrics(_ report: ForgettingReport) -> [TextLine] {
        MetricNames.entries(report).map { entry in
            TextLine([
                TextSpan(text: entry.name.padded(to: 18)),
                TextSpan(text: Formatting.percent(entry.value).padded(to: 6, .right), style: .strong),
                TextSpan(text: "  " + entry.meaning, style: .faint),
            ])
        }
    }
}
