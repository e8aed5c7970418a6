import Crypto
import Foundation

/// Identity of a text: the first 16 bytes of the SHA-256 of its UTF-8 bytes, exactly as sent.
///
/// Nothing is trimmed, folded or normalised: two texts that differ in one byte are two texts.
public struct ContentHash: Sendable, Hashable, Comparable {
    /// Bytes 0 to 7, big-endian.
    public let high: UInt64
    /// Bytes 8 to 15, big-endian.
    public let low: UInt64

    public init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    public init(_ text: String) {
        var words: (high: UInt64, low: UInt64) = (0, 0)
        for (index, byte) in SHA256.hash(data: Array(text.utf8)).enumerated() {
            if index < 8 {
                words.high = words.high << 8 | UInt64(byte)
            } else if index < 16 {
                words.low = words.low << 8 | UInt64(byte)
            } else {
                break
            }
        }
        self.init(high: words.high, low: words.low)
    }

    /// Where the text lies between 0 and 1, uniformly.
    public var fraction: Double { Double(high) / 0x1p64 }

    /// Where a text lies between 0 and 1, uniformly: what is held out is cut from this.
    ///
    /// Copies of a text that mark other words, `<< so >>` or `[[ so ]]`, lie at the same place, that of their letters and
    /// digits: some held out and others trained on, what is held out would be known already.
    public static func place(of text: String) -> Double { ContentHash(text).place(of: text) }

    /// The place of the text that this is the hash of.
    func place(of text: String) -> Double {
        guard Self.marksWords(text) else { return fraction }
        return ContentHash(String(text.lowercased().filter { $0.isLetter || $0.isNumber })).fraction
    }

    private static func marksWords(_ text: String) -> Bool {
        var last: UInt8 = 0
        for byte in text.utf8 {
            if byte == last, byte == UInt8(ascii: "<") || byte == UInt8(ascii: "[") { return true }
            last = byte
        }
        return false
    }

    public static func < (left: Self, right: Self) -> Bool { (left.high, left.low) < (right.high, right.low) }
}

extension ContentHash {
    /// 16 bytes, as the database keeps them.
    var data: Data {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(16)
        for word in [high, low] {
            for shift in stride(from: 56, through: 0, by: -8) { bytes.append(UInt8(truncatingIfNeeded: word >> shift)) }
        }
        return Data(bytes)
    }

    /// `nil` unless `data` has 16 bytes.
    init?(data: Data) {
        guard data.count == 16 else { return nil }
        let words = [data.prefix(8), data.suffix(8)].map { $0.reduce(UInt64(0)) { $0 << 8 | UInt64($1) } }
        self.init(high: words[0], low: words[1])
    }
}
