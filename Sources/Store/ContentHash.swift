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
