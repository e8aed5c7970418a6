/// Kinds of JSON values, for messages.
enum JSONKind: Equatable {
    case null, boolean, number, string, array, object

    var words: String {
        switch self {
        case .null: "null"
        case .boolean: "a boolean"
        case .number: "a number"
        case .string: "a string"
        case .array: "an array"
        case .object: "an object"
        }
    }
}

/// Walks over the JSON tokens (RFC 8259) in a range of bytes, without making values of them.
struct JSONScanner {
    let bytes: [UInt8]
    /// Where offsets in faults count from.
    let start: Int
    let end: Int
    var position: Int

    init(_ bytes: [UInt8], in range: Range<Int>) {
        self.bytes = bytes
        start = range.lowerBound
        end = range.upperBound
        position = range.lowerBound
    }

    /// Nesting that is followed; deeper input is refused before it can exhaust the stack.
    static let maximumDepth = 128

    /// The byte at the position; 0, which begins no token, at the end.
    var current: UInt8 { position < end ? bytes[position] : 0 }

    var isAtEnd: Bool { position >= end }

    func fault(_ expected: StaticText) -> Fault { .invalidJSON(offset: position - start, expected: expected) }

    mutating func skipWhitespace() {
        while position < end {
            switch bytes[position] {
            case 0x20, 0x0A, 0x0D, 0x09: position += 1
            default: return
            }
        }
    }

    /// Skips white space, then the byte if it stands there.
    mutating func consume(_ byte: UInt8) -> Bool {
        skipWhitespace()
        guard current == byte, position < end else { return false }
        position += 1
        return true
    }

    mutating func expect(_ byte: UInt8, _ expected: StaticText) throws(Fault) {
        guard consume(byte) else { throw fault(expected) }
    }

    mutating func expectEnd() throws(Fault) {
        skipWhitespace()
        guard isAtEnd else { throw fault("the end of the value") }
    }

    /// Scans the value at the position, refusing what is not JSON, and says what kind it was.
    @discardableResult
    mutating func skipValue(depth: Int = 0) throws(Fault) -> JSONKind {
        guard depth < Self.maximumDepth else { throw fault("at most 128 levels of nesting") }
        switch current {
        case UInt8(ascii: "\""):
            _ = try string()
            return .string
        case UInt8(ascii: "{"):
            position += 1
            if consume(UInt8(ascii: "}")) { return .object }
            repeat {
                skipWhitespace()
                _ = try string()
                try expect(UInt8(ascii: ":"), "':'")
                skipWhitespace()
                try skipValue(depth: depth + 1)
            } while consume(UInt8(ascii: ","))
            try expect(UInt8(ascii: "}"), "',' or '}'")
            return .object
        case UInt8(ascii: "["):
            position += 1
            if consume(UInt8(ascii: "]")) { return .array }
            repeat {
                skipWhitespace()
                try skipValue(depth: depth + 1)
            } while consume(UInt8(ascii: ","))
            try expect(UInt8(ascii: "]"), "',' or ']'")
            return .array
        case UInt8(ascii: "t"):
            try literal("true")
            return .boolean
        case UInt8(ascii: "f"):
            try literal("false")
            return .boolean
        case UInt8(ascii: "n"):
            try literal("null")
            return .null
        default:
            _ = try number()
            return .number
        }
    }

    mutating func literal(_ word: StaticString) throws(Fault) {
        let length = word.utf8CodeUnitCount
        guard position + length <= end,
            word.withUTF8Buffer({ $0.elementsEqual(bytes[position..<position + length]) })
        else { throw fault("true, false, null, a number, a string, an array or an object") }
        position += length
    }

    /// Scans `-?(0|[1-9][0-9]*)(.[0-9]+)?([eE][+-]?[0-9]+)?`; NaN and infinities are no JSON.
    mutating func number() throws(Fault) -> Double {
        let first = position
        if current == UInt8(ascii: "-") { position += 1 }
        if current == UInt8(ascii: "0") {
            position += 1
        } else {
            try digits("true, false, null, a number, a string, an array or an object")
        }
        if current == UInt8(ascii: ".") {
            position += 1
            try digits("a digit")
        }
        if current | 0x20 == UInt8(ascii: "e") {
            position += 1
            if current == UInt8(ascii: "+") || current == UInt8(ascii: "-") { position += 1 }
            try digits("a digit")
        }
        guard let value = Double(String(decoding: bytes[first..<position], as: UTF8.self)) else {
            throw fault("a number")
        }
        return value
    }

    private mutating func digits(_ expected: StaticText) throws(Fault) {
        let first = position
        while position < end, bytes[position] &- UInt8(ascii: "0") < 10 { position += 1 }
        if position == first { throw fault(expected) }
    }
}
