/// A map from byte strings to ids, asked for every prefix of a word at the price of one pass over it.
///
/// Open addressing with linear probing, at most half full.
struct PieceTable: Sendable {
    private struct Slot {
        var fingerprint: UInt32 = 0
        var id: Int32 = -1
        var offset: UInt32 = 0
        var length: UInt32 = 0
    }

    /// Length of the longest piece in bytes.
    let maximumLength: Int
    private var slots: [Slot]
    private var storage: [UInt8] = []

    init(_ pieces: [(bytes: [UInt8], id: Int32)]) {
        var capacity = 16
        while capacity < pieces.count * 2 { capacity *= 2 }
        slots = Array(repeating: Slot(), count: capacity)
        maximumLength = pieces.lazy.map(\.bytes.count).max() ?? 0
        for (bytes, id) in pieces { insert(bytes, id: id) }
    }

    private mutating func insert(_ bytes: [UInt8], id: Int32) {
        let hash = bytes.reduce(Self.emptyHash, Self.extend)
        var index = slotIndex(hash)
        while slots[index].id >= 0 { index = (index + 1) & (slots.count - 1) }
        slots[index] = Slot(
            fingerprint: UInt32(truncatingIfNeeded: hash), id: id, offset: UInt32(storage.count),
            length: UInt32(bytes.count))
        storage += bytes
    }

    /// The longest piece that `bytes[range]` starts with.
    ///
    /// - Parameter hashes: Scratch space, overwritten.
    /// - Complexity: O(`maximumLength`) for a few probes of each prefix.
    func longestPrefix(of bytes: [UInt8], in range: Range<Int>, hashes: inout [UInt64]) -> (id: Int32, length: Int)? {
        hashes.removeAll(keepingCapacity: true)
        var hash = Self.emptyHash
        for index in range.prefix(maximumLength) {
            hash = Self.extend(hash, bytes[index])
            hashes.append(hash)
        }
        for length in stride(from: hashes.count, to: 0, by: -1) {
            if let id = id(of: bytes, at: range.lowerBound, length: length, hash: hashes[length - 1]) {
                return (id, length)
            }
        }
        return nil
    }

    private func id(of bytes: [UInt8], at start: Int, length: Int, hash: UInt64) -> Int32? {
        let fingerprint = UInt32(truncatingIfNeeded: hash)
        var index = slotIndex(hash)
        while slots[index].id >= 0 {
            let slot = slots[index]
            if slot.fingerprint == fingerprint, Int(slot.length) == length {
                let offset = Int(slot.offset)
                if (0..<length).allSatisfy({ storage[offset + $0] == bytes[start + $0] }) { return slot.id }
            }
            index = (index + 1) & (slots.count - 1)
        }
        return nil
    }

    /// Mixes the high bits in, which FNV leaves better spread than the low ones.
    private func slotIndex(_ hash: UInt64) -> Int {
        Int(truncatingIfNeeded: hash >> 32 ^ hash) & (slots.count - 1)
    }

    // FNV-1a, 64 bits.
    private static let emptyHash: UInt64 = 0xCBF2_9CE4_8422_2325

    private static func extend(_ hash: UInt64, _ byte: UInt8) -> UInt64 {
        (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01B3
    }
}
