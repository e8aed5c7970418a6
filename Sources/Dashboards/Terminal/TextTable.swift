/// Columns aligned by their widest entry; what does not fit is cut from the flexible columns, widest first.
public struct TextTable: Sendable {
    public struct Column: Sendable, Hashable {
        public var title: String
        public var alignsRight: Bool
        /// Whether it may be cut where the table is too wide.
        public var isFlexible: Bool

        public init(_ title: String, alignsRight: Bool = false, isFlexible: Bool = false) {
            self.title = title
            self.alignsRight = alignsRight
            self.isFlexible = isFlexible
        }
    }

    public var columns: [Column]
    public private(set) var rows: [[String]] = []

    public init(_ columns: [Column]) { self.columns = columns }

    /// Missing entries at the end are empty.
    public mutating func append(_ row: [String]) {
        precondition(row.count <= columns.count, "\(row.count) entries for \(columns.count) columns")
        rows.append(row + [String](repeating: "", count: columns.count - row.count))
    }

    /// The heading and the rows, each line at most `width` columns, without trailing space, ended by a line feed.
    public func text(width: Int, color: Bool = false) -> String {
        lines(width: width).map { $0.rendered(width: width, color: color) + "\n" }.joined()
    }

    /// Spaces between columns.
    var gap = 2

    func lines(width: Int, style: (_ row: Int, _ column: Int) -> TextStyle = { _, _ in .plain }) -> [TextLine] {
        let widths = fittedWidths(width)
        let heading = line(columns.map(\.title), widths: widths) { _ in .strong }
        return [heading] + rows.enumerated().map { row, entries in line(entries, widths: widths) { style(row, $0) } }
    }

    private func line(_ entries: [String], widths: [Int], style: (Int) -> TextStyle) -> TextLine {
        var spans: [TextSpan] = []
        let last = entries.lastIndex { !$0.isEmpty } ?? 0
        for (column, entry) in entries.enumerated() where column <= last {
            if column > 0 { spans.append(TextSpan(text: String(repeating: " ", count: gap))) }
            let alignment: Alignment = columns[column].alignsRight ? .right : .left
            var text = entry.padded(to: widths[column], alignment)
            if column == last { text = text.trimmingTrailingSpaces() }
            spans.append(TextSpan(text: text, style: style(column)))
        }
        return TextLine(spans)
    }

    private func fittedWidths(_ width: Int) -> [Int] {
        var widths = columns.indices.map { column in
            rows.reduce(columns[column].title.displayWidth) { max($0, $1[column].displayWidth) }
        }
        var excess = widths.reduce(0, +) + gap * (columns.count - 1) - width
        while excess > 0 {
            let flexible = columns.indices.filter { columns[$0].isFlexible && widths[$0] > 1 }
            guard let widest = flexible.max(by: { widths[$0] < widths[$1] }) else { break }
            widths[widest] -= 1
            excess -= 1
        }
        return widths
    }
}

extension String {
    func trimmingTrailingSpaces() -> String {
        var text = self
        while text.last == " " { text.removeLast() }
        return text
    }
}
