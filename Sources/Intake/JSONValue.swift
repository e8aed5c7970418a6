import Schema

/// A JSON document as a value, for small bodies: duplicate keys, invalid UTF-8 and trailing bytes are refused.
public enum JSONValue: Sendable, Hashable {
    case null
    case boolean(Bool)
    case number(Double)
    case string(String)
    case array([JSONValue])
    case object([String: JSONValue])

    /// - Throws: `Rejection` with code `invalid_json`, `invalid_utf8` or `duplicate_field`.
    public init(parsing bytes: [UInt8]) throws(Rejection) {
        var scanner = JSONScanner(bytes, in: 0..<bytes.count)
        do {
            scanner.skipWhitespace()
            self = try scanner.value(depth: 0)
            try scanner.expectEnd()
        } catch {
            throw error.rejection(line: 1)
        }
    }

    /// What it is, in words: `a string`, `an array`, ….
    public var kind: String {
        switch self {
        case .null: JSONKind.null.words
        case .boolean: JSONKind.boolean.words
        case .number: JSONKind.number.words
        case .string: JSONKind.string.words
        case .array: JSONKind.array.words
        case .object: JSONKind.object.words
        }
    }
}

extension JSONScanner {
    fileprivate mutating func value(depth: Int) throws(Fault) -> JSONValue {
        guard depth < Self.maximumDepth else { throw fault("at most 128 levels of nesting") }
        switch current {
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "{"): return .object(try object(depth: depth))
        case UInt8(ascii: "["): return .array(try array(depth: depth))
        case UInt8(ascii: "t"):
            try literal("true")
            return .boolean(true)
        case UInt8(ascii: "f"):
            try literal("false")
            return .boolean(false)
        case UInt8(ascii: "n"):
            try literal("null")
            return .null
        default: return .number(try number())
        }
    }

    private mutating func object(depth: Int) throws(Fault) -> [String: JSONValue] {
        var fields: [String: JSONValue] = [:]
        position += 1
        if consume(UInt8(ascii: "}")) { return fields }
        repeat {
            skipWhitespace()
            let name = try string()
            try expect(UInt8(ascii: ":"), "':'")
            skipWhitespace()
            let value = try value(depth: depth + 1)
            if fields.updateValue(value, forKey: name) != nil { throw .repeated(name) }
        } while consume(UInt8(ascii: ","))
        try expect(UInt8(ascii: "}"), "',' or '}'")
        return fields
    }

    private mutating func array(depth: Int) throws(Fault) -> [JSONValue] {
        var elements: [JSONValue] = []
        position += 1
        if consume(UInt8(ascii: "]")) { return elements }
        repeat {
            skipWhitespace()
            elements.append(try value(depth: depth + 1))
        } while consume(UInt8(ascii: ","))
        try expect(UInt8(ascii: "]"), "',' or ']'")
        return elements
    }
}
