/// Bytes of a terminal as keys (ECMA-48 and xterm's sequences for arrows and pages).
public enum KeyDecoding {
    /// What stands in one read belongs together: an escape at its end is the key itself.
    public static func keys(_ bytes: [UInt8]) -> [Key] {
        var keys: [Key] = []
        var rest = bytes[...]
        while let byte = rest.first {
            if byte == 0x1B, let (key, length) = sequence(rest.dropFirst()) {
                if let key { keys.append(key) }
                rest = rest.dropFirst(1 + length)
                continue
            }
            switch byte {
            case 0x1B: keys.append(.escape)
            case 0x0D, 0x0A: keys.append(.enter)
            case 0x7F, 0x08: keys.append(.backspace)
            case 0x03, 0x09, 0x20...0x7E: keys.append(.character(Character(UnicodeScalar(byte))))
            // Other control characters and what is not ASCII mean nothing here.
            default: break
            }
            rest = rest.dropFirst()
        }
        return keys
    }

    /// The key of what follows an escape, `nil` for one that means nothing, and its length; nothing when there is none.
    private static func sequence(_ bytes: ArraySlice<UInt8>) -> (key: Key?, length: Int)? {
        guard let first = bytes.first, first == UInt8(ascii: "[") || first == UInt8(ascii: "O") else { return nil }
        // Parameters, then one byte from @ to ~ that ends it.
        guard let end = bytes.dropFirst().firstIndex(where: { (0x40...0x7E).contains($0) }) else { return nil }
        let length = end - bytes.startIndex + 1
        let parameters = String(decoding: bytes[(bytes.startIndex + 1)..<end], as: UTF8.self)
        switch bytes[end] {
        case UInt8(ascii: "A"): return (.up, length)
        case UInt8(ascii: "B"): return (.down, length)
        case UInt8(ascii: "C"): return (.right, length)
        case UInt8(ascii: "D"): return (.left, length)
        case UInt8(ascii: "H"): return (.home, length)
        case UInt8(ascii: "F"): return (.end, length)
        case UInt8(ascii: "~"):
            let keys: [String: Key] = ["1": .home, "4": .end, "5": .pageUp, "6": .pageDown, "7": .home, "8": .end]
            return (keys[parameters], length)
        default: return (nil, length)
        }
    }
}
