/// CRC-32C (Castagnoli, reflected polynomial 0x82F63B78): finds every flipped bit and every burst of up to 32.
package enum Checksum {
    package static func crc32c(_ bytes: some Sequence<UInt8>) -> UInt32 {
        var crc = ~UInt32(0)
        for byte in bytes { crc = table[Int(UInt8(truncatingIfNeeded: crc) ^ byte)] ^ (crc >> 8) }
        return ~crc
    }

    private static let table: [UInt32] = (0..<256).map { byte in
        (0..<8).reduce(UInt32(byte)) { crc, _ in crc & 1 == 1 ? 0x82F6_3B78 ^ (crc >> 1) : crc >> 1 }
    }
}

/// 64-bit identity of a text within a memory: FNV-1a with a final avalanche.
///
/// It stays inside the memory and is never written, so it need not resist an attacker, only accidents: among
/// 100,000 texts two collide with a probability of 3 in 10 billion, and a collision costs one exemplar.
struct TextHash: Hashable, Sendable {
    let value: UInt64

    init(_ utf8: some Sequence<UInt8>) {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in utf8 { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01B3 }
        hash = (hash ^ (hash >> 32)) &* 0xD6E8_FEB8_6659_FD93
        value = hash ^ (hash >> 32)
    }
}
