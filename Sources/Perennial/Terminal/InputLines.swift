import Foundation

/// Lines of standard input as they come, each of which must be UTF-8.
struct InputLines {
    /// Of the newest line, from 1.
    private(set) var number = 0
    /// What was read; before `start` it was given out.
    private var bytes: [UInt8] = []
    private var start = 0

    /// The next line without its line break; `nil` at the end. Blocks until there is one.
    ///
    /// - Throws: ``CommandFailure`` that names a line which is not UTF-8.
    mutating func next() throws -> String? {
        var searched = start
        while true {
            if let end = bytes[searched...].firstIndex(of: UInt8(ascii: "\n")) {
                defer { start = end + 1 }
                return try text(bytes[start..<end])
            }
            bytes.removeFirst(start)
            (start, searched) = (0, bytes.count)
            guard try read() else { break }
        }
        guard !bytes.isEmpty else { return nil }
        defer { bytes = [] }
        return try text(bytes[...])
    }

    private mutating func text(_ line: ArraySlice<UInt8>) throws -> String {
        number += 1
        let line = line.last == UInt8(ascii: "\r") ? line.dropLast() : line
        guard let text = String(validating: line, as: UTF8.self) else {
            throw CommandFailure("line \(number) is not valid UTF-8; convert the input to UTF-8", .badData)
        }
        return text
    }

    /// Adds what there is, at least a byte; `false` at the end.
    private mutating func read() throws -> Bool {
        var buffer = [UInt8](repeating: 0, count: 65_536)
        var count = -1
        repeat {
            count = buffer.withUnsafeMutableBytes { Glibc.read(STDIN_FILENO, $0.baseAddress, $0.count) }
        } while count < 0 && errno == EINTR
        guard count >= 0 else {
            throw CommandFailure("standard input cannot be read: \(String(cString: strerror(errno)))", .badData)
        }
        bytes += buffer[..<count]
        return count > 0
    }
}
