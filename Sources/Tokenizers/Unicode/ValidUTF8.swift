/// Reading and writing of scalars in bytes that are known to be valid UTF-8.
enum ValidUTF8 {
    /// The scalar that starts at `index`, which moves past it.
    static func decode(_ bytes: [UInt8], at index: inout Int) -> UInt32 {
        let lead = bytes[index]
        index += 1
        if lead < 0x80 { return UInt32(lead) }
        let (count, bits) =
            lead < 0xE0 ? (1, lead & 0x1F) : lead < 0xF0 ? (2, lead & 0x0F) : (3, lead & 0x07)
        var scalar = UInt32(bits)
        for _ in 0..<count {
            scalar = scalar << 6 | UInt32(bytes[index] & 0x3F)
            index += 1
        }
        return scalar
    }

    /// The scalar that ends before `end`.
    static func decodeLast(_ bytes: [UInt8], before end: Int) -> UInt32 {
        var index = end - 1
        while isContinuation(bytes[index]) { index -= 1 }
        return decode(bytes, at: &index)
    }

    static func append(_ scalar: UInt32, to bytes: inout [UInt8]) {
        switch scalar {
        case ..<0x80:
            bytes.append(UInt8(scalar))
        case ..<0x800:
            bytes.append(UInt8(0xC0 | scalar >> 6))
            bytes.append(UInt8(0x80 | scalar & 0x3F))
        case ..<0x10000:
            bytes.append(UInt8(0xE0 | scalar >> 12))
            bytes.append(UInt8(0x80 | scalar >> 6 & 0x3F))
            bytes.append(UInt8(0x80 | scalar & 0x3F))
        default:
            bytes.append(UInt8(0xF0 | scalar >> 18))
            bytes.append(UInt8(0x80 | scalar >> 12 & 0x3F))
            bytes.append(UInt8(0x80 | scalar >> 6 & 0x3F))
            bytes.append(UInt8(0x80 | scalar & 0x3F))
        }
    }

    static func isContinuation(_ byte: UInt8) -> Bool { byte & 0xC0 == 0x80 }
}
