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

    /// Members of which some bytes are still to come when all input is taken and two buffers of 65,536 bytes are full.
    static let outlasting = [
        Member(
            path: "zeros", content: Array(repeating: 0, count: 131_088),
            // zlib.compressobj(1, zlib.DEFLATED, -15)
            deflated: repeating(
                [0xC0, 0x80, 0x01, 0x03, 0x06, 0x0C, 0x18, 0x30, 0x60], count: 63,
                after: [
                    0xED, 0xD0, 0x81, 0x00, 0x00, 0x00, 0x00, 0xC3, 0xA0,
                    0xF9, 0x53, 0x5F, 0xE0, 0x08, 0x85, 0x50, 0x61,
                ],
                before: [0xC0, 0x80, 0x81, 0x3F, 0x30])),
        Member(
            path: "song", content: repeating(Array("la ".utf8), count: 43_700, after: [], before: []),
            // zlib.compressobj(9, zlib.DEFLATED, -15)
            deflated: repeating(
                [0xAA], count: 126,
                after: [
                    0xED, 0xC2, 0x31, 0x0D, 0x00, 0x00, 0x0C, 0x03, 0x20, 0x2B, 0xB5,
                    0xD6, 0xBF, 0xFE, 0xEF, 0x49, 0x98, 0x01, 0x08, 0x6B, 0xA6,
                ],
                before: [0xFA, 0x3D])),
    ]

    private static func repeating(_ part: [UInt8], count: Int, after head: [UInt8], before tail: [UInt8]) -> [UInt8] {
        head + Array(repeatElement(part, count: count).joined()) + tail
    }

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
