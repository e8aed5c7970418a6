/// How text stands out. Colour repeats what the words say; nothing is told by colour alone.
enum TextStyle: Hashable {
    case plain, strong, faint, good, bad, busy, bar
    /// A colour of the 256 palette behind black or white text.
    case cell(background: Int, isDark: Bool)

    /// Parameters of the escape sequence that selects it (ECMA-48, SGR).
    fileprivate var parameters: String? {
        switch self {
        case .plain: nil
        case .strong: "1"
        case .faint: "2"
        case .good: "32"
        case .bad: "31"
        case .busy: "33"
        case .bar: "36"
        case .cell(let background, let isDark): "48;5;\(background);38;5;\(isDark ? 231 : 16)"
        }
    }
}

/// A piece of a line in one style.
struct TextSpan: Hashable {
    var text: String
    var style: TextStyle = .plain

    func rendered(color: Bool) -> String {
        guard color, let parameters = style.parameters, !text.isEmpty else { return text }
        return "\u{1B}[\(parameters)m\(text)\u{1B}[0m"
    }
}

/// A line of a terminal, which never wraps: it is cut at the width it is rendered for.
struct TextLine: Hashable {
    var spans: [TextSpan] = []

    init(_ spans: [TextSpan] = []) { self.spans = spans }
    init(_ text: String, _ style: TextStyle = .plain) { spans = [TextSpan(text: text, style: style)] }

    func rendered(width: Int, color: Bool) -> String {
        var left = width
        var line = ""
        for span in spans where left > 0 {
            // No text from outside may steer the terminal.
            let cut = span.text.printable.fitted(to: left)
            left -= cut.displayWidth
            line += TextSpan(text: cut, style: span.style).rendered(color: color)
        }
        return line
    }
}

enum Alignment { case left, right }

extension String {
    /// Itself with a space for every control character.
    package var printable: String {
        guard unicodeScalars.contains(where: { $0.properties.generalCategory == .control }) else { return self }
        return String(
            String.UnicodeScalarView(unicodeScalars.map { $0.properties.generalCategory == .control ? " " : $0 }))
    }

    /// Columns it takes on a terminal: two for East Asian wide characters and emoji, one for others.
    var displayWidth: Int { reduce(0) { $0 + $1.displayWidth } }

    /// Itself, or its beginning and an ellipsis, in at most `width` columns.
    func fitted(to width: Int) -> String {
        guard displayWidth > width else { return self }
        var text = ""
        var left = width - 1
        for character in self {
            left -= character.displayWidth
            if left < 0 { break }
            text.append(character)
        }
        return width > 0 ? text + "…" : ""
    }

    /// Exactly `width` columns.
    func padded(to width: Int, _ alignment: Alignment = .left) -> String {
        let text = fitted(to: width)
        let space = String(repeating: " ", count: max(0, width - text.displayWidth))
        return alignment == .left ? text + space : space + text
    }
}

extension Character {
    fileprivate var displayWidth: Int {
        guard let scalar = unicodeScalars.first else { return 0 }
        let value = scalar.value
        guard value >= 0x1100 else { return 1 }
        let isWide =
            scalar.properties.isEmojiPresentation || (0x1100...0x115F).contains(value)
            || (0x2E80...0xA4CF).contains(value) || (0xAC00...0xD7A3).contains(value)
            || (0xF900...0xFAFF).contains(value) || (0xFE30...0xFE6F).contains(value)
            || (0xFF00...0xFF60).contains(value) || (0xFFE0...0xFFE6).contains(value)
            || (0x20000...0x3FFFD).contains(value)
        return isWide ? 2 : 1
    }
}
