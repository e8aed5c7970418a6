/// Reads one JSON document.
///
/// - SeeAlso: RFC 8259.
struct JSONReader {
    private let bytes: [UInt8]
    private var position = 0
    private var depth = 0

    private static let maximumDepth = 128

    private init(_ bytes: [UInt8]) { self.bytes = bytes }

    /// - Throws: ``TokenizerError/malformedJSON(offset:expected:)``.
    static func parse(_ bytes: [UInt8]) throws -> JSONValue {
        var reader = JSONReader(bytes)
        let value = try reader.value()
        reader.skipWhitespace()
        guard reader.position == bytes.count else { throw reader.failure("the end") }
        return value
    }

    private mutating func value() throws -> JSONValue {
        skipWhitespace()
        switch peek {
        case UInt8(ascii: "{"): return try nested { try $0.object() }
        case UInt8(ascii: "["): return try nested { try $0.array() }
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "t"): return try literal("true", .bool(true))
        case UInt8(ascii: "f"): return try literal("false", .bool(false))
        case UInt8(ascii: "n"): return try literal("null", .null)
        default: return try number()
        }
    }

    private mutating func nested(_ body: (inout Self) throws -> JSONValue) throws -> JSONValue {
        guard depth < Self.maximumDepth else { throw failure("at most \(Self.maximumDepth) levels") }
        depth += 1
        defer { depth -= 1 }
        position += 1
        return try body(&self)
    }

    private mutating func object() throws -> JSONValue {
        var members: [JSONValue.Member] = []
        skipWhitespace()
        if accept(UInt8(ascii: "}")) { return .object(members) }
        repeat {
            skipWhitespace()
            guard peek == UInt8(ascii: "\"") else { throw failure("a member's name") }
            let name = try string()
            skipWhitespace()
            guard accept(UInt8(ascii: ":")) else { throw failure("\":\"") }
            members.append(JSONValue.Member(name: name, value: try value()))
            skipWhitespace()
        } while accept(UInt8(ascii: ","))
        guard accept(UInt8(ascii: "}")) else { throw failure("\",\" or \"}\"") }
        return .object(members)
    }

    private mutating func array() throws -> JSONValue {
        var elements: [JSONValue] = []
        skipWhitespace()
        if accept(UInt8(ascii: "]")) { return .array(elements) }
        repeat {
            elements.append(try value())
            skipWhitespace()
        } while accept(UInt8(ascii: ","))
        guard accept(UInt8(ascii: "]")) else { throw failure("\",\" or \"]\"") }
        return .array(elements)
    }

    private mutating func string() throws -> String {
        position += 1
        var text: [UInt8] = []
        while let byte = peek {
            guard byte >= 0x20 else { throw failure("an escaped control character") }
            position += 1
            switch byte {
            case UInt8(ascii: "\""):
                guard let string = String(validating: text, as: UTF8.self) else { throw failure("UTF-8") }
                return string
            case UInt8(ascii: "\\"): try escape(into: &text)
            default: text.append(byte)
            }
        }
        throw failure("a closing quotation mark")
    }

    private mutating func escape(into text: inout [UInt8]) throws {
        guard let byte = peek else { throw failure("an escape") }
        position += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(byte)
        case UInt8(ascii: "b"): text.append(0x08)
        case UInt8(ascii: "f"): text.append(0x0C)
        case UInt8(ascii: "n"): text.append(0x0A)
        case UInt8(ascii: "r"): text.append(0x0D)
        case UInt8(ascii: "t"): text.append(0x09)
        case UInt8(ascii: "u"): ValidUTF8.append(try escapedScalar(), to: &text)
        default: throw failure("a known escape")
        }
    }

    private mutating func escapedScalar() throws -> UInt32 {
        let unit = try hexadecimal()
        guard (0xD800..<0xE000).contains(unit) else { return unit }
        guard unit < 0xDC00, accept(UInt8(ascii: "\\")), accept(UInt8(ascii: "u")) else {
            throw failure("a surrogate pair")
        }
        let low = try hexadecimal()
        guard (0xDC00..<0xE000).contains(low) else { throw failure("a low surrogate") }
        return 0x10000 + (unit - 0xD800) << 10 + (low - 0xDC00)
    }

    private mutating func hexadecimal() throws -> UInt32 {
        var number: UInt32 = 0
        for _ in 0..<4 {
            guard let byte = peek, let digit = Character(Unicode.Scalar(byte)).hexDigitValue else {
                throw failure("a hexadecimal digit")
            }
            number = number << 4 | UInt32(digit)
            position += 1
        }
        return number
    }

    private mutating func number() throws -> JSONValue {
        let start = position
        while let byte = peek, Self.isNumberByte(byte) { position += 1 }
        guard let number = Double(String(decoding: bytes[start..<position], as: UTF8.self)) else {
            position = start
            throw failure("a value")
        }
        return .number(number)
    }

    private static func isNumberByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "+"), UInt8(ascii: "."),
            UInt8(ascii: "e"), UInt8(ascii: "E"):
            true
        default: false
        }
    }

    private mutating func literal(_ word: String, _ value: JSONValue) throws -> JSONValue {
        for byte in word.utf8 {
            guard accept(byte) else { throw failure("\"\(word)\"") }
        }
        return value
    }

    private var peek: UInt8? { position < bytes.count ? bytes[position] : nil }

    private mutating func accept(_ byte: UInt8) -> Bool {
        guard peek == byte else { return false }
        position += 1
        return true
    }

    private mutating func skipWhitespace() {
        while let byte = peek, byte == 0x20 || (0x09...0x0A).contains(byte) || byte == 0x0D { position += 1 }
    }

    private func failure(_ expected: String) -> TokenizerError {
        .malformedJSON(offset: position, expected: expected)
    }
}
