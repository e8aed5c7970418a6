extension JSONScanner {
    /// Scans the string at the position and gives its characters.
    mutating func string() throws(Fault) -> String {
        guard current == UInt8(ascii: "\"") else { throw fault("a string") }
        position += 1
        let first = position
        while position < end {
            let byte = bytes[position]
            if byte == UInt8(ascii: "\"") {
                guard let text = String(validating: bytes[first..<position], as: UTF8.self) else { throw .invalidUTF8 }
                position += 1
                return text
            }
            if byte == UInt8(ascii: "\\") { return try escapedString(from: first) }
            if byte < 0x20 { throw fault("a control character to be escaped") }
            position += 1
        }
        throw fault("'\"' at the end of the string")
    }

    /// The string that began at `first`, the position standing at its first backslash.
    private mutating func escapedString(from first: Int) throws(Fault) -> String {
        var text = Array(bytes[first..<position])
        while position < end {
            let byte = bytes[position]
            position += 1
            switch byte {
            case UInt8(ascii: "\""):
                guard let text = String(validating: text, as: UTF8.self) else { throw .invalidUTF8 }
                return text
            case UInt8(ascii: "\\"):
                try escape(into: &text)
            case 0..<0x20:
                position -= 1
                throw fault("a control character to be escaped")
            default:
                text.append(byte)
            }
        }
        throw fault("'\"' at the end of the string")
    }

    /// The escape whose backslash stands before the position.
    private mutating func escape(into text: inout [UInt8]) throws(Fault) {
        let letter = current
        position += 1
        switch letter {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(letter)
        case UInt8(ascii: "b"): text.append(0x08)
        case UInt8(ascii: "f"): text.append(0x0C)
        case UInt8(ascii: "n"): text.append(0x0A)
        case UInt8(ascii: "r"): text.append(0x0D)
        case UInt8(ascii: "t"): text.append(0x09)
        case UInt8(ascii: "u"): try unicodeEscape(into: &text)
        default:
            position -= 1
            throw fault("one of \" \\ / b f n r t u after a backslash")
        }
    }

    private mutating func unicodeEscape(into text: inout [UInt8]) throws(Fault) {
        var code = try fourHexDigits()
        if code & 0xFC00 == 0xD800 {
            guard position + 1 < end, bytes[position] == UInt8(ascii: "\\"), bytes[position + 1] == UInt8(ascii: "u")
            else { throw .invalidUTF8 }
            position += 2
            let low = try fourHexDigits()
            guard low & 0xFC00 == 0xDC00 else { throw .invalidUTF8 }
            code = 0x10000 + (code & 0x3FF) << 10 + (low & 0x3FF)
        }
        // A low surrogate without its high one is the only code left that is no scalar.
        guard let scalar = Unicode.Scalar(code) else { throw .invalidUTF8 }
        text.append(contentsOf: UTF8.encode(scalar).unsafelyUnwrapped)
    }

    private mutating func fourHexDigits() throws(Fault) -> UInt32 {
        var value: UInt32 = 0
        for _ in 0..<4 {
            let digit: UInt8
            switch current {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): digit = current - UInt8(ascii: "0")
            case UInt8(ascii: "a")...UInt8(ascii: "f"): digit = current - UInt8(ascii: "a") + 10
            case UInt8(ascii: "A")...UInt8(ascii: "F"): digit = current - UInt8(ascii: "A") + 10
            default: throw fault("four hexadecimal digits after \\u")
            }
            value = value << 4 | UInt32(digit)
            position += 1
        }
        return value
    }
}
