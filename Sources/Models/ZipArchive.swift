import CInflate
import Foundation

/// A ZIP archive on disk, read by its central directory.
///
/// Members are stored or deflated; ZIP64 and encryption are refused.
/// - SeeAlso: PKWARE, APPNOTE.TXT 6.3, sections 4.3 and 4.4.
package struct ZipArchive {
    package struct Member: Equatable {
        package let path: String
        fileprivate let isDeflated: Bool
        fileprivate let crc: UInt32
        fileprivate let compressedSize: Int64
        package let size: Int64
        fileprivate let headerOffset: UInt64
    }

    package let members: [Member]
    private let url: URL

    private static let endRecordSize = 22
    private static let maximumCommentSize = 65535
    private static let localHeaderSize = 30

    /// - Throws: ``ModelError/corruptArchive(_:reason:)``, ``ModelError/cannotRead(path:reason:)``.
    package init(_ url: URL) throws {
        self.url = url
        let handle = try Self.open(url)
        defer { try? handle.close() }
        let fileSize = try FileDigest.size(of: url)
        let tailSize = min(fileSize, Int64(Self.endRecordSize + Self.maximumCommentSize))
        let tail = try Self.read(handle, url, at: UInt64(fileSize - tailSize), count: Int(tailSize))
        guard let end = Self.endRecord(in: tail) else { throw Self.corrupt(url, "it has no directory") }
        let count = tail.number16(at: end + 10)
        let (size, offset) = (tail.number32(at: end + 12), tail.number32(at: end + 16))
        guard Int64(offset) + Int64(size) <= fileSize else { throw Self.corrupt(url, "its directory is cut off") }
        let directory = try Self.read(handle, url, at: UInt64(offset), count: Int(size))
        members = try Self.parse(directory, count: count, of: url)
    }

    /// Writes a member's bytes to `destination`, replacing it.
    package func extract(_ member: Member, to destination: URL) throws {
        let input = try Self.open(url)
        defer { try? input.close() }
        let header = try Self.read(input, url, at: member.headerOffset, count: Self.localHeaderSize)
        guard header.number32(at: 0) == 0x0403_4B50 else { throw Self.corrupt(url, "\(member.path) has no header") }
        let names = header.number16(at: 26) + header.number16(at: 28)
        let output: FileHandle
        do {
            try Data().write(to: destination)
            output = try FileHandle(forWritingTo: destination)
        } catch {
            throw ModelError.cannotWrite(path: destination.path, reason: error.localizedDescription)
        }
        defer { try? output.close() }

        var crc: UInt32 = 0
        let status = cinflate_copy(
            input.fileDescriptor, Int64(member.headerOffset) + Int64(Self.localHeaderSize + names),
            member.compressedSize, member.isDeflated ? 1 : 0, output.fileDescriptor, member.size, &crc)
        let reason = String(cString: strerror(errno))
        switch Int(status) {
        case cinflate_done: break
        case cinflate_read_failed: throw ModelError.cannotRead(path: url.path, reason: reason)
        case cinflate_write_failed: throw ModelError.cannotWrite(path: destination.path, reason: reason)
        case cinflate_out_of_memory: throw Self.corrupt(url, "no memory left to inflate it")
        default: throw Self.corrupt(url, "\(member.path) is damaged")
        }
        guard crc == member.crc else { throw Self.corrupt(url, "the CRC-32 of \(member.path) differs") }
    }

    private static func endRecord(in tail: Data) -> Int? {
        guard tail.count >= endRecordSize else { return nil }
        return stride(from: tail.count - endRecordSize, through: 0, by: -1).first { offset in
            tail.number32(at: offset) == 0x0605_4B50
                && offset + endRecordSize + tail.number16(at: offset + 20) == tail.count
        }
    }

    private static func parse(_ directory: Data, count: Int, of url: URL) throws -> [Member] {
        var members: [Member] = []
        var offset = 0
        for _ in 0..<count {
            guard offset + 46 <= directory.count, directory.number32(at: offset) == 0x0201_4B50 else {
                throw corrupt(url, "its directory is damaged")
            }
            let nameSize = directory.number16(at: offset + 28)
            let entrySize = 46 + nameSize + directory.number16(at: offset + 30) + directory.number16(at: offset + 32)
            guard offset + entrySize <= directory.count else { throw corrupt(url, "its directory is damaged") }
            let path = String(decoding: directory[offset + 46..<offset + 46 + nameSize], as: UTF8.self)
            let method = directory.number16(at: offset + 10)
            let sizes = [20, 24, 42].map { directory.number32(at: offset + $0) }
            guard directory.number16(at: offset + 8) & 1 == 0, method == 0 || method == 8,
                !sizes.contains(UInt32.max)
            else { throw corrupt(url, "\(path) is encrypted, in ZIP64 or packed by method \(method)") }
            members.append(
                Member(
                    path: path, isDeflated: method == 8, crc: directory.number32(at: offset + 16),
                    compressedSize: Int64(sizes[0]), size: Int64(sizes[1]), headerOffset: UInt64(sizes[2])))
            offset += entrySize
        }
        return members
    }

    private static func open(_ url: URL) throws -> FileHandle {
        do {
            return try FileHandle(forReadingFrom: url)
        } catch {
            throw ModelError.cannotRead(path: url.path, reason: error.localizedDescription)
        }
    }

    private static func read(_ handle: FileHandle, _ url: URL, at offset: UInt64, count: Int) throws -> Data {
        let data: Data
        do {
            try handle.seek(toOffset: offset)
            data = try handle.read(upToCount: count) ?? Data()
        } catch {
            throw ModelError.cannotRead(path: url.path, reason: error.localizedDescription)
        }
        guard data.count == count else { throw corrupt(url, "it is cut off") }
        return data
    }

    private static func corrupt(_ url: URL, _ reason: String) -> ModelError {
        .corruptArchive(url.lastPathComponent, reason: reason)
    }
}

extension Data {
    /// Little-endian numbers; the data starts at index 0.
    fileprivate func number16(at offset: Int) -> Int { Int(self[offset]) | Int(self[offset + 1]) << 8 }

    fileprivate func number32(at offset: Int) -> UInt32 {
        UInt32(number16(at: offset)) | UInt32(number16(at: offset + 2)) << 16
    }
}
