import Crypto
import Foundation

/// Digests of files, in lower-case hexadecimal.
enum FileDigest {
    private static let chunkSize = 1 << 20

    static func sha256(of file: URL) throws -> String {
        try digest(of: file, with: SHA256())
    }

    /// The name git gives the file's content as a blob, which the hub states for files kept in git itself.
    static func gitBlobID(of file: URL) throws -> String {
        var function = Insecure.SHA1()
        function.update(data: Data("blob \(try size(of: file))\0".utf8))
        return try digest(of: file, with: function)
    }

    static func size(of file: URL) throws -> Int64 {
        do {
            let attributes = try FileManager.default.attributesOfItem(atPath: file.path)
            return (attributes[.size] as? NSNumber)?.int64Value ?? 0
        } catch {
            throw ModelError.cannotRead(path: file.path, reason: error.localizedDescription)
        }
    }

    private static func digest(of file: URL, with function: some HashFunction) throws -> String {
        var function = function
        do {
            let handle = try FileHandle(forReadingFrom: file)
            defer { try? handle.close() }
            while let chunk = try handle.read(upToCount: chunkSize), !chunk.isEmpty { function.update(data: chunk) }
        } catch {
            throw ModelError.cannotRead(path: file.path, reason: error.localizedDescription)
        }
        return function.finalize().map { byte in
            let digits = String(byte, radix: 16)
            return byte < 16 ? "0" + digits : digits
        }.joined()
    }
}
