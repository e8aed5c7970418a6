/// Layout of an encoded memory.
///
///     header · index · blocks … · index · header
///
/// Header and index stand at both ends, each with a checksum of its own, so that damage to one copy costs nothing.
/// A block carries its checksum in the index; damage to it costs its exemplars only. All words are little-endian.
struct ReplayFile {
    static let version: UInt16 = 1
    static let headerBytes = magic.count + 14
    private static let magic = Array("EXEMPLAR".utf8)

    var index: [UInt8]
    var blocks: [ArraySlice<UInt8>]

    func encode() -> [UInt8] {
        var header = ByteWriter()
        header.append(Self.magic)
        header.append(word: Self.version)
        header.append(word: UInt32(index.count))
        header.append(word: Checksum.crc32c(index))
        header.append(word: Checksum.crc32c(header.bytes))
        return header.bytes + index + blocks.joined() + index + header.bytes
    }

    /// The index from whichever copy is whole, where the blocks begin, and what is wrong with the copies.
    struct Opened {
        var index: ArraySlice<UInt8>
        var firstBlock: Int
        var damages: [Damage]
    }

    static func open(_ bytes: [UInt8]) throws(ReplayError) -> Opened {
        guard bytes.count >= 2 * headerBytes else {
            throw .unreadable(reason: "\(bytes.count) bytes are fewer than an empty memory has")
        }
        let first = try header(bytes.prefix(headerBytes))
        let second = try header(bytes.suffix(headerBytes))
        guard let header = first ?? second else {
            throw .unreadable(reason: "both copies of its header are damaged, or it is no replay memory")
        }
        var damages: [Damage] = []
        if first != header { damages.append(.header(.first)) }
        if second != header { damages.append(.header(.second)) }

        guard bytes.count >= 2 * (headerBytes + header.indexBytes) else {
            // Cut short: the first copy may still be whole.
            guard bytes.count >= headerBytes + header.indexBytes else {
                throw .unreadable(reason: "its index is cut off")
            }
            let index = bytes[headerBytes..<headerBytes + header.indexBytes]
            guard Checksum.crc32c(index) == header.checksum else {
                throw .unreadable(reason: "it is cut short and its index is damaged")
            }
            return Opened(
                index: index, firstBlock: headerBytes + header.indexBytes, damages: damages + [.index(.second)])
        }
        let copies: [(Damage.Copy, ArraySlice<UInt8>)] = [
            (.first, bytes[headerBytes..<headerBytes + header.indexBytes]),
            (.second, bytes.dropLast(headerBytes).suffix(header.indexBytes)),
        ]
        var whole: ArraySlice<UInt8>?
        for (copy, index) in copies {
            if Checksum.crc32c(index) == header.checksum {
                whole = whole ?? index
            } else {
                damages.append(.index(copy))
            }
        }
        guard let index = whole else { throw .unreadable(reason: "both copies of its index are damaged") }
        return Opened(index: index, firstBlock: headerBytes + header.indexBytes, damages: damages)
    }

    private struct Header: Equatable {
        var indexBytes: Int
        var checksum: UInt32
    }

    /// `nil` when the checksum or the magic is wrong.
    private static func header(_ bytes: ArraySlice<UInt8>) throws(ReplayError) -> Header? {
        var reader = ByteReader(bytes)
        let magic = try reader.read(Self.magic.count)
        let version = try reader.word(UInt16.self)
        let indexBytes = try reader.word(UInt32.self)
        let checksum = try reader.word(UInt32.self)
        guard try reader.word(UInt32.self) == Checksum.crc32c(bytes.dropLast(4)), magic == Self.magic[...] else {
            return nil
        }
        guard version == Self.version else {
            throw .unsupportedVersion(found: Int(version), supported: Int(Self.version))
        }
        return Header(indexBytes: Int(indexBytes), checksum: checksum)
    }
}
