/// Where the fields of one row lie.
struct CSVRow {
    struct Field {
        var range: Range<Int>
        /// Holds doubled quotes that stand for one.
        var hasEscapes: Bool
    }

    enum Outcome {
        /// `next`: start of the next row.
        case complete(next: Int)
        /// The bytes end inside the row.
        case incomplete
        case broken(Fault, at: Int)
    }

    private(set) var fields: [Field] = []
    /// Line breaks in the row, its own end included.
    private(set) var lineBreaks = 0
    /// The last field scanned is a quoted one.
    private(set) var isQuoted = false

    /// No characters at all: an empty line.
    var isBlank: Bool { fields.count == 1 && fields[0].range.isEmpty && !isQuoted }

    private static let quote = UInt8(ascii: "\"")

    /// - Parameter isLast: the input ends where `range` does.
    mutating func scan(_ bytes: [UInt8], in range: Range<Int>, isLast: Bool) -> Outcome {
        fields.removeAll(keepingCapacity: true)
        lineBreaks = 0
        let end = range.upperBound
        var position = range.lowerBound
        while true {
            isQuoted = position < end && bytes[position] == Self.quote
            let outcome =
                isQuoted
                ? quotedField(bytes, &position, end, isLast: isLast)
                : plainField(bytes, &position, end, isLast: isLast)
            if let outcome { return outcome }
            if position >= end { return .complete(next: position) }
            position += 1
            if bytes[position - 1] == UInt8(ascii: "\n") {
                lineBreaks += 1
                return .complete(next: position)
            }
        }
    }

    /// Leaves the position at the comma or line break behind the field, or at the end of the last row.
    private mutating func plainField(_ bytes: [UInt8], _ position: inout Int, _ end: Int, isLast: Bool) -> Outcome? {
        let first = position
        while position < end {
            switch bytes[position] {
            case UInt8(ascii: ","):
                fields.append(Field(range: first..<position, hasEscapes: false))
                return nil
            case UInt8(ascii: "\n"):
                let last = position > first && bytes[position - 1] == UInt8(ascii: "\r") ? position - 1 : position
                fields.append(Field(range: first..<last, hasEscapes: false))
                return nil
            case Self.quote: return .broken(.misplacedQuote, at: position)
            default: position += 1
            }
        }
        guard isLast else { return .incomplete }
        fields.append(Field(range: first..<position, hasEscapes: false))
        return nil
    }

    private mutating func quotedField(_ bytes: [UInt8], _ position: inout Int, _ end: Int, isLast: Bool) -> Outcome? {
        let first = position + 1
        var hasEscapes = false
        position = first
        while position < end {
            if bytes[position] == UInt8(ascii: "\n") { lineBreaks += 1 }
            if bytes[position] != Self.quote {
                position += 1
                continue
            }
            let next = position + 1
            if next >= end, !isLast { return .incomplete }
            if next < end, bytes[next] == Self.quote {
                hasEscapes = true
                position += 2
                continue
            }
            fields.append(Field(range: first..<position, hasEscapes: hasEscapes))
            return fieldEnd(bytes, &position, end)
        }
        return .incomplete
    }

    /// Behind a closing quote only a comma, a line break or the end may stand.
    private func fieldEnd(_ bytes: [UInt8], _ position: inout Int, _ end: Int) -> Outcome? {
        position += 1
        if position >= end { return nil }
        switch bytes[position] {
        case UInt8(ascii: ","), UInt8(ascii: "\n"): return nil
        case UInt8(ascii: "\r"):
            if position + 1 >= end { return .incomplete }
            position += 1
            return bytes[position] == UInt8(ascii: "\n") ? nil : .broken(.misplacedQuote, at: position)
        default: return .broken(.misplacedQuote, at: position)
        }
    }

    func value(at index: Int, of bytes: [UInt8]) throws(Fault) -> String {
        let field = fields[index]
        let text: String?
        if field.hasEscapes {
            var unescaped: [UInt8] = []
            var position = field.range.lowerBound
            while position < field.range.upperBound {
                unescaped.append(bytes[position])
                position += bytes[position] == Self.quote ? 2 : 1
            }
            text = String(validating: unescaped, as: UTF8.self)
        } else {
            text = String(validating: bytes[field.range], as: UTF8.self)
        }
        guard let text else { throw .invalidUTF8 }
        return text
    }
}
