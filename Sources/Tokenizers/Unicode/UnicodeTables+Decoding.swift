/// Reading of the packed tables: base64 variable-length quantities, five bits a digit, least significant first.
extension UnicodeTables {
    /// Pairs of (gap since the previous range, length).
    static func ranges(in text: String) -> [Range<Int>] {
        var numbers = PackedNumbers(text)
        var ranges: [Range<Int>] = []
        var end = 0
        while let gap = numbers.next(), let length = numbers.next() {
            ranges.append(end + gap..<end + gap + length)
            end += gap + length
        }
        return ranges
    }

    /// Runs of (gap since the previous start, length, stride, value), each member paired with its value.
    static func runs<Value>(in text: String, value: (UInt32, Int) -> Value) -> [UInt32: Value] {
        var numbers = PackedNumbers(text)
        var values: [UInt32: Value] = [:]
        var start = 0
        while let gap = numbers.next(), let length = numbers.next(), let stride = numbers.next(),
            let number = numbers.nextSigned()
        {
            start += gap
            for index in 0..<length {
                let scalar = UInt32(start + index * stride)
                values[scalar] = value(scalar, number)
            }
        }
        return values
    }

    /// Entries of (gap, count, first scalar relative to the previous first, others relative to U+0300).
    static func decompositionTable() -> [UInt32: [UInt32]] {
        var numbers = PackedNumbers(Self.decompositions)
        var table: [UInt32: [UInt32]] = [:]
        var scalar = 0
        var first = 0
        while let gap = numbers.next(), let count = numbers.next(), let offset = numbers.nextSigned() {
            scalar += gap
            first += offset
            var decomposition = [UInt32(first)]
            while decomposition.count < count, let mark = numbers.nextSigned() {
                decomposition.append(UInt32(0x300 + mark))
            }
            table[UInt32(scalar)] = decomposition
        }
        return table
    }
}

private struct PackedNumbers {
    private var digits: String.UTF8View.Iterator

    init(_ text: String) { digits = text.utf8.makeIterator() }

    mutating func next() -> Int? {
        var number = 0
        var shift = 0
        while let byte = digits.next() {
            let digit = Self.digit(byte)
            number |= (digit & 31) << shift
            if digit < 32 { return number }
            shift += 5
        }
        return nil
    }

    /// The lowest bit is the sign.
    mutating func nextSigned() -> Int? {
        next().map { $0 & 1 == 0 ? $0 / 2 : -($0 + 1) / 2 }
    }

    private static func digit(_ byte: UInt8) -> Int {
        switch byte {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): Int(byte - UInt8(ascii: "A"))
        case UInt8(ascii: "a")...UInt8(ascii: "z"): Int(byte - UInt8(ascii: "a")) + 26
        case UInt8(ascii: "0")...UInt8(ascii: "9"): Int(byte - UInt8(ascii: "0")) + 52
        default: byte == UInt8(ascii: "+") ? 62 : 63
        }
    }
}
