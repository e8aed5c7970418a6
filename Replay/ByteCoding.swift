/// Appends integers and strings to bytes: fixed words little-endian, counts as LEB128.
struct ByteWriter {
    private(set) var bytes: [UInt8] = []

    mutating func append(_ more: some Sequence<UInt8>) { bytes.append(contentsOf: more) }

    mutating func append<Word: FixedWidthInteger>(word: Word) {
        for shift in stride(from: 0, to: Word.bitWidth, by: 8) {
            bytes.append(UInt8(truncatingIfNeeded: word >> shift))
        }
    }

    /// Seven bits a byte, lowest first; the high bit says that more follow.
    mutating func append(varint value: UInt64) {
        var rest = value
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(rest))
    }

    mutating func append(count: Int) { append(varint: UInt64(count)) }

    mutating func append(string: String) {
        append(count: string.utf8.count)
        append(string.utf8)
    }
}

/// Reads back what a ``ByteWriter`` wrote. Whatever the bytes, it throws rather than read past their end.
struct ByteReader {
    private let bytes: ArraySlice<UInt8>
    private var position: Int

    init(_ bytes: ArraySlice<UInt8>) {
        self.bytes = bytes
        position = bytes.startIndex
    }

    var remaining: Int { bytes.endIndex - position }

    mutating func read(_ count: Int) throws(ReplayError) -> ArraySlice<UInt8> {
        guard count >= 0, count <= remaining else {
            throw .unreadable(reason: "\(count) bytes are announced where \(remaining) are left")
        }
        defer { position += count }
        return bytes[position..<position + count]
    }

    mutating func word<Word: FixedWidthInteger>(_: Word.Type) throws(ReplayError) -> Word {
        let slice = try read(Word.bitWidth / 8)
        return slice.reversed().reduce(0) { ($0 << 8) | Word($1) }
    }

    mutating func varint() throws(ReplayError) -> UInt64 {
        var value: UInt64 = 0
        var shift: UInt64 = 0
        while true {
            let byte = try read(1)[position - 1]
            guard shift < 63 || byte <= 1 else { throw .unreadable(reason: "a number is longer than 64 bits") }
            value |= UInt64(byte & 0x7F) << shift
            if byte < 0x80 { return value }
            shift += 7
        }
    }

    /// A count from 0 to `limit`, which the caller derives from what it can hold.
    mutating func count(upTo limit: Int) throws(ReplayError) -> Int {
        let value = try varint()
        guard value <= UInt64(limit) else {
            throw .unreadable(reason: "a count is \(value) where at most \(limit) is possible")
        }
        return Int(value)
    }

    mutating func string() throws(ReplayError) -> String {
        let utf8 = try read(count(upTo: remaining))
        guard let string = String(validating: utf8, as: UTF8.self) else {
            throw .unreadable(reason: "a name is not UTF-8")
        }
        return string
    }
}
