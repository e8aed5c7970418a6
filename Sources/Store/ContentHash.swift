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

    /// Where the text lies between 0 and 1, uniformly: what a deterministic share is cut from.
    public var fraction: Double { Double(high) / 0x1p64 }

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
