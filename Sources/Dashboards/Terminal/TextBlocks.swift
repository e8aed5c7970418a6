/// Blocks of lines that views are put together from.
enum TextBlocks {
    /// `text` in lines of at most `width` columns, broken at spaces; lines after the first begin with `indent`.
    static func wrapped(_ text: String, width: Int, indent: Int = 0, style: TextStyle = .plain) -> [TextLine] {
        var lines: [String] = []
        var line = ""
        for word in text.split(separator: " ") {
            if line.isEmpty {
                line = String(repeating: " ", count: lines.isEmpty ? 0 : indent) + word
            } else if line.displayWidth + 1 + String(word).displayWidth <= width {
                line += " " + word
            } else {
                lines.append(line)
                line = String(repeating: " ", count: indent) + word
            }
        }
        return (lines + [line]).map { TextLine($0.fitted(to: width), style) }
    }

    static func heading(_ text: String) -> [TextLine] { [TextLine(), TextLine(text.uppercased(), .strong)] }

    /// `name       value` for each pair, names padded to the longest.
    static func pairs(_ pairs: [(String, String)], width: Int) -> [TextLine] {
        let room = pairs.reduce(0) { max($0, $1.0.displayWidth) } + 2
        return pairs.flatMap { name, value in
            var lines = wrapped(value, width: max(10, width - room))
            let indent = TextSpan(text: String(repeating: " ", count: room))
            for index in lines.indices {
                let first = index == 0 ? TextSpan(text: name.padded(to: room), style: .faint) : indent
                lines[index] = TextLine([first] + lines[index].spans)
            }
            return lines
        }
    }

    /// Two blocks side by side, each in its half; one under the other where that leaves too little room.
    static func beside(_ left: [TextLine], _ right: [TextLine], width: Int) -> [TextLine] {
        guard width >= 76, !left.isEmpty, !right.isEmpty else { return left + right }
        let half = (width - 2) / 2
        return (0..<max(left.count, right.count)).map { index in
            let first = index < left.count ? left[index] : TextLine()
            let second = index < right.count ? right[index].spans : []
            return TextLine(first.padded(to: half).spans + [TextSpan(text: "  ")] + second)
        }
    }

    /// Bars in proportion to the greatest value: `name  ███▌ text`.
    static func bars(_ bars: [(name: String, value: Double, text: String)], width: Int) -> [TextLine] {
        let names = min(28, bars.reduce(0) { max($0, $1.name.displayWidth) })
        let texts = bars.reduce(0) { max($0, $1.text.displayWidth) }
        let room = max(4, min(60, width - names - texts - 4))
        let most = max(bars.map(\.value).max() ?? 0, 1e-9)
        return bars.map { bar in
            let drawn = ProgressBar.text(bar.value / most, width: room).replacing("░", with: " ")
            return TextLine([
                TextSpan(text: bar.name.padded(to: names) + "  "), TextSpan(text: drawn, style: .bar),
                TextSpan(text: " " + bar.text.padded(to: texts, .right)),
            ])
        }
    }

    /// A curve in `height` lines of eighths of a block, with its highest and lowest value at the left.
    static func plot(_ values: [Double], width: Int, height: Int, format: (Double) -> String) -> [TextLine] {
        guard let low = values.min(), let high = values.max(), height > 0 else { return [] }
        let labels = max(format(low).count, format(high).count)
        let columns = max(1, width - labels - 2)
        // Each column is the mean of the values it stands for.
        let shown: [Double] =
            values.count <= columns
            ? values
            : (0..<columns).map { column in
                let part = values[column * values.count / columns..<(column + 1) * values.count / columns]
                return part.reduce(0, +) / Double(part.count)
            }
        let floor = min(0, low)
        let span = max(high - floor, 1e-12)
        return (0..<height).map { line in
            let bars = shown.map { value -> Character in
                let eighths = (value - floor) / span * Double(height * 8) - Double((height - 1 - line) * 8)
                return eighths >= 8 ? "█" : eighths < 1 ? (line == height - 1 ? "▁" : " ") : Self.eighths[Int(eighths)]
            }
            let label = line == 0 ? format(high) : line == height - 1 ? format(floor) : ""
            return TextLine([
                TextSpan(text: label.padded(to: labels, .right) + " ", style: .faint),
                TextSpan(text: String(bars), style: .bar),
            ])
        }
    }

    private static let eighths: [Character] = [" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇"]
}

extension TextLine {
    /// Cut or filled to exactly `width` columns.
    func padded(to width: Int) -> TextLine {
        var left = width
        var cut: [TextSpan] = []
        for span in spans where left > 0 {
            let text = span.text.fitted(to: left)
            left -= text.displayWidth
            cut.append(TextSpan(text: text, style: span.style))
        }
        return TextLine(cut + [TextSpan(text: String(repeating: " ", count: left))])
    }
}
