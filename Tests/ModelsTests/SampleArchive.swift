import Foundation

/// ZIP archives written byte by byte.
enum SampleArchive {
    struct Member {
        let path: String
        let content: [UInt8]
        /// The content as raw DEFLATE, or nil to store it.
        var deflated: [UInt8]?
    }

    static let repetition = Member(
        path: "tiny/model/config.json",
        content: Array("{\"layers\": [1, 1, 1, 1, 1, 1, 1, 1]}".utf8),
        // zlib.compressobj(9, zlib.DEFLATED, -15) of Python
        deflated: [
            0xAB, 0x56, 0xCA, 0x49, 0xAC, 0x4C, 0x2D, 0x2A, 0x56, 0xB2, 0x52, 0x88, 0x36, 0xD4, 0x51, 0xC0, 0x82, 0x62,
            0x6B, 0x01,
        ])

    static func bytes(_ members: [Member]) -> [UInt8] {
        var archive: [UInt8] = []
        var directory: [UInt8] = []
        for member in members {
            let offset = archive.count
            let packed = member.deflated ?? member.content
            let common =
                little(20, 2) + little(0, 2) + little(member.deflated == nil ? 0 : 8, 2) + little(0, 4)
                + little(Int(crc32(member.content)), 4) + little(packed.count, 4) + little(member.content.count, 4)
                + little(member.path.utf8.count, 2) + little(0, 2)
            archive += little(0x0403_4B50, 4) + common + member.path.utf8 + packed
            directory +=
                little(0x0201_4B50, 4) + little(20, 2) + common + little(0, 2) + little(0, 2) + little(0, 2)
                + little(0, 4) + little(offset, 4) + member.path.utf8
        }
        let end =
            little(0x0605_4B50, 4) + little(0, 4) + little(members.count, 2) + little(members.count, 2)
            + little(directory.count, 4) + little(archive.count, 4) + little(0, 2)
        return archive + directory + end
    }

    private static func little(_ number: Int, _ count: Int) -> [UInt8] {
        (0..<count).map { UInt8(truncatingIfNeeded: number >> ($0 * 8)) }
    }

    /// Bit by bit, by the definition.
    private static func crc32(_ bytes: [UInt8]) -> UInt32 {
        ~bytes.reduce(UInt32.max) { crc, byte in
            (0..<8).reduce(crc ^ UInt32(byte)) { crc, _ in crc >> 1 ^ (crc & 1 == 1 ? 0xEDB8_8320 : 0) }
        }
    }
}
