/// The JSON of a safetensors header, read strictly: what a general JSON reader lets pass, such as a key that
/// occurs twice, is an error here.
struct HeaderParser {
    private let bytes: UnsafeRawBufferPointer
    private var position = 0

    struct Header {
        var tensors: [(name: String, entry: Entry)] = []
        var metadata: [String: String] = [:]
    }

    struct Entry {
        var elementType: String?
        var shape: [Int]?
        var offsets: [Int]?
    }

    /// What is wrong, and at which byte of the header.
    struct Failure: Error {
        let reason: String
    }

    init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

    static func parse(_ bytes: UnsafeRawBufferPointer) throws(Failure) -> Header {
        var parser = HeaderParser(bytes)
        var header = Header()
        var names: Set<String> = []
        try parser.object { (parser, key) throws(Failure) in
            guard names.insert(key).inserted else { throw parser.failure("the key \"\(key)\" occurs twice") }
            if key == "__metadata__" {
                header.metadata = try parser.metadata()
            } else {
                header.tensors.append((key, try parser.entry(of: key)))
            }
        }
        parser.skipSpace()
        guard parser.position == bytes.count else { throw parser.failure("text follows the header's object") }
        return header
    }

    private mutating func metadata() throws(Failure) -> [String: String] {
        var result: [String: String] = [:]
        try object { (parser, key) throws(Failure) in
            guard result[key] == nil else { throw parser.failure("the metadata key \"\(key)\" occurs twice") }
            result[key] = try parser.string()
        }
        return result
    }

    private mutating func entry(of name: String) throws(Failure) -> Entry {
        var entry = Entry()
        try object { (parser, key) throws(Failure) in
            switch key {
            case "dtype" where entry.elementType == nil: entry.elementType = try parser.string()
            case "shape" where entry.shape == nil: entry.shape = try parser.integers()
            case "data_offsets" where entry.offsets == nil: entry.offsets = try parser.integers()
            case "dtype", "shape", "data_offsets":
                throw parser.failure("the key \"\(key)\" of tensor \"\(name)\" occurs twice")
            default: throw parser.failure("tensor \"\(name)\" has the unknown key \"\(key)\"")
            }
        }
        return entry
    }

    // MARK: - JSON

    private mutating func object(_ member: (inout HeaderParser, String) throws(Failure) -> Void) throws(Failure) {
        try expect("{")
        if skip("}") { return }
        repeat {
            let key = try string()
            try expect(":")
            try member(&self, key)
        } while skip(",")
        try expect("}")
    }

    private mutating func integers() throws(Failure) -> [Int] {
        var result: [Int] = []
        try expect("[")
        if skip("]") { return result }
        repeat { result.append(try integer()) } while skip(",")
        try expect("]")
        return result
    }

    private mutating func integer() throws(Failure) -> Int {
        skipSpace()
        let start = position
        var value = 0
        while let byte = peek(), UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte {
            let (product, productOverflow) = value.multipliedReportingOverflow(by: 10)
            let (sum, sumOverflow) = product.addingReportingOverflow(Int(byte - UInt8(ascii: "0")))
            guard !productOverflow, !sumOverflow else { throw failure("a number is too large") }
            value = sum
            position += 1
        }
        guard position > start else { throw failure("expected a whole number that is not negative") }
        guard position == start + 1 || bytes[start] != UInt8(ascii: "0") else {
            throw failure("a number must not start with zero")
        }
        return value
    }

    private mutating func string() throws(Failure) -> String {
        try expect("\"")
        var content: [UInt8] = []
        while let byte = peek() {
            position += 1
            switch byte {
            case UInt8(ascii: "\""):
                guard let text = String(validating: content, as: UTF8.self) else {
                    throw failure("a string is not valid UTF-8")
                }
                return text
            case UInt8(ascii: "\\"): content.append(contentsOf: String(try escape()).utf8)
            case 0..<0x20: throw failure("a string holds a control character")
            default: content.append(byte)
            }
        }
        throw failure("a string does not end")
    }

    private mutating func escape() throws(Failure) -> Unicode.Scalar {
        guard let byte = peek() else { throw failure("a string does not end") }
        position += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return Unicode.Scalar(byte)
        case UInt8(ascii: "b"): return "\u{8}"
        case UInt8(ascii: "f"): return "\u{c}"
        case UInt8(ascii: "n"): return "\n"
        case UInt8(ascii: "r"): return "\r"
        case UInt8(ascii: "t"): return "\t"
        case UInt8(ascii: "u"):
            var unit = try hexadecimal()
            if 0xd800..<0xdc00 ~= unit, peek() == UInt8(ascii: "\\") {
                position += 1
                guard skip("u") else { throw failure("a surrogate stands alone") }
                let low = try hexadecimal()
                guard 0xdc00..<0xe000 ~= low else { throw failure("a surrogate stands alone") }
                unit = 0x10000 + (unit - 0xd800) << 10 + (low - 0xdc00)
            }
            guard let scalar = Unicode.Scalar(unit) else { throw failure("a surrogate stands alone") }
            return scalar
        default: throw failure("a string holds an unknown escape")
        }
    }

    private mutating func hexadecimal() throws(Failure) -> UInt32 {
        var value: UInt32 = 0
        for _ in 0..<4 {
            guard let byte = peek(), let digit = Character(Unicode.Scalar(byte)).hexDigitValue else {
                throw failure("a \\u escape needs four hexadecimal digits")
            }
            value = value << 4 | UInt32(digit)
            position += 1
        }
        return value
    }

    private func peek() -> UInt8? { position < bytes.count ? bytes[position] : nil }

    private mutating func skipSpace() {
        while let byte = peek(), byte == 0x20 || byte == 0x0a || byte == 0x0d || byte == 0x09 { position += 1 }
    }

    private mutating func skip(_ character: Unicode.Scalar) -> Bool {
        skipSpace()
        guard peek() == UInt8(ascii: character) else { return false }
        position += 1
        return true
    }

    private mutating func expect(_ character: Unicode.Scalar) throws(Failure) {
        guard skip(character) else { throw failure("expected \"\(character)\"") }
    }

    private func failure(_ reason: String) -> Failure {
        Failure(reason: "\(reason), at byte \(position) of the header")
    }
}
