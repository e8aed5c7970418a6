import Crypto
import Foundation

/// `sha256:` and 64 hexadecimal digits over content.
public struct ContentDigest: Sendable, Hashable, Comparable, CustomStringConvertible {
    /// 64 lower-case hexadecimal digits.
    public let hexadecimal: String

    /// - Parameter text: `sha256:` or `sha256-`, then 64 lower-case hexadecimal digits.
    /// - Throws: ``AdapterError/invalidDigest(_:)``.
    public init(_ text: String) throws(AdapterError) {
        let digits = text.dropFirst(7)
        guard text.hasPrefix("sha256:") || text.hasPrefix("sha256-"), digits.utf8.count == 64,
            digits.utf8.allSatisfy({ (0x30...0x39).contains($0) || (0x61...0x66).contains($0) })
        else { throw .invalidDigest(text) }
        hexadecimal = String(digits)
    }

    public init(of data: Data) {
        self.init(SHA256.hash(data: data))
    }

    /// Digest of a file, read in pieces.
    public init(ofFile file: URL) throws(AdapterError) {
        do {
            let handle = try FileHandle(forReadingFrom: file)
            defer { try? handle.close() }
            var hash = SHA256()
            while let piece = try handle.read(upToCount: 1 << 20), !piece.isEmpty { hash.update(data: piece) }
            self.init(hash.finalize())
        } catch {
            throw .unreadable(path: file.path, reason: "\(error.localizedDescription)")
        }
    }

    /// Digest of a set of named contents: over the list of name, length and content digest, sorted by name.
    public init(ofFiles files: [String: Data]) {
        var list = ""
        for (name, content) in files.sorted(by: { $0.key < $1.key }) {
            list += "\(name)\t\(content.count)\t\(ContentDigest(of: content).hexadecimal)\n"
        }
        self.init(of: Data(list.utf8))
    }

    private init(_ digest: SHA256.Digest) {
        let digits = Array("0123456789abcdef".utf8)
        var text: [UInt8] = []
        text.reserveCapacity(64)
        for byte in digest {
            text.append(digits[Int(byte >> 4)])
            text.append(digits[Int(byte & 15)])
        }
        hexadecimal = String(decoding: text, as: UTF8.self)
    }

    /// As answers and tables show it: `sha256:…`.
    public var description: String { "sha256:" + hexadecimal }

    /// Name of the directory that holds the content: `sha256-…`.
    public var directoryName: String { "sha256-" + hexadecimal }

    public static func < (left: Self, right: Self) -> Bool { left.hexadecimal < right.hexadecimal }
}
