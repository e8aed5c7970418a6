import Foundation

/// Pieces of HTML and SVG. Whatever comes from outside passes through ``escaped(_:)``.
enum Markup {
    /// Safe as text and inside a quoted attribute.
    static func escaped(_ text: String) -> String {
        var result = ""
        for character in text.unicodeScalars {
            switch character {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "\"": result += "&quot;"
            case "'": result += "&#39;"
            // What XML does not allow would end the drawing there.
            case "\u{0}"..."\u{8}", "\u{B}", "\u{C}", "\u{E}"..."\u{1F}": result += "\u{FFFD}"
            default: result.unicodeScalars.append(character)
            }
        }
        return result
    }

    /// A length in a drawing, with at most two decimals.
    static func number(_ value: Double) -> String {
        let text = String(format: "%.2f", value)
        return text.contains(".") ? text.replacing(/\.?0+$/, with: "") : text
    }

    /// A table with a heading row; columns of `numbers` are aligned to the right.
    ///
    /// More than `visible` rows are folded away, and unfolded for print.
    static func table(
        _ columns: [String], _ rows: [[String]], numbers: Set<Int> = [], visible: Int = 24, caption: String
    ) -> String {
        let head = columns.enumerated().map { cell("th", $1, isNumber: numbers.contains($0)) }.joined()
        let body = rows.map { row in
            "<tr>" + row.enumerated().map { cell("td", $1, isNumber: numbers.contains($0)) }.joined() + "</tr>"
        }
        let table = """
            <div class="scroll"><table><caption>\(escaped(caption))</caption>\
            <thead><tr>\(head)</tr></thead><tbody>\(body.joined(separator: "\n"))</tbody></table></div>
            """
        guard rows.count > visible else { return table }
        return "<details><summary>\(escaped(caption)): \(rows.count) rows</summary>\(table)</details>"
    }

    private static func cell(_ tag: String, _ text: String, isNumber: Bool) -> String {
        let scope = tag == "th" ? " scope=\"col\"" : ""
        return "<\(tag)\(scope)\(isNumber ? " class=\"n\"" : "")>\(escaped(text))</\(tag)>"
    }

    /// A drawing that scales with the page. `label` is what a screen reader says.
    static func drawing(width: Double, height: Double, label: String, _ body: String) -> String {
        // On a narrow screen it scrolls rather than becoming too small to read.
        """
        <div class="scroll"><svg viewBox="0 0 \(number(width)) \(number(height))" \
        style="max-width:\(number(width * 1.25))px;min-width:\(number(min(width * 0.9, 540)))px" role="img" \
        aria-label="\(escaped(label))">\(body)</svg></div>
        """
    }

    enum Anchor: String { case start, middle, end }

    static func text(
        _ text: String, x: Double, y: Double, anchor: Anchor = .start, style: String = "", extra: String = ""
    ) -> String {
        let style = style.isEmpty ? "" : " class=\"\(style)\""
        return """
            <text x="\(number(x))" y="\(number(y))" text-anchor="\(anchor.rawValue)"\(style)\(extra)>\(escaped(text))</text>
            """
    }

    static func line(_ x1: Double, _ y1: Double, _ x2: Double, _ y2: Double, style: String) -> String {
        """
        <line x1="\(number(x1))" y1="\(number(y1))" x2="\(number(x2))" y2="\(number(y2))" class="\(style)"/>
        """
    }

    static func rectangle(
        x: Double, y: Double, width: Double, height: Double, style: String = "", fill: String? = nil, title: String = ""
    ) -> String {
        let fill = fill.map { " style=\"fill:\($0)\"" } ?? ""
        return """
            <rect x="\(number(x))" y="\(number(y))" width="\(number(max(0, width)))" height="\(number(height))" \
            class="\(style)"\(fill)>\(title.isEmpty ? "" : "<title>\(escaped(title))</title>")</rect>
            """
    }
}
