import Adapters
import Crypto
import Foundation

/// What models made of texts, on disk: an update after a pause, by a new process, passes no text through the encoder that
/// one before it did.
///
/// One file for the base model and for each adapter. All of it can be had again: a file may be removed at any time, one that
/// is damaged or cannot be written is passed over, and texts stand in it as digests of their tokens.
///
///     magic, width (UInt32), texts (UInt32); each text: key (16 bytes), rests since it was used (UInt32), features (Float32);
///     SHA-256 of all of it. Numbers are little-endian.
public struct FeatureFiles: Sendable {
    private let directory: URL
    private let context: String

    /// Files that were not used for so long are removed …
    private static let lifetime: TimeInterval = 30 * 86_400
    /// … and the oldest of those that together are larger.
    private static let bytes = 256 << 20
    private static let magic = Array("PFEATUR1".utf8)
    private static let keyBytes = 16

    /// - Parameters:
    ///   - directory: made when the first file is written.
    ///   - context: all that features depend on besides tokens and adapter: base model, precision, kernels.
    public init(directory: URL, context: String) {
        self.directory = directory
        self.context = context
    }

    private func file(of adapter: ContentDigest?) -> URL {
        let name = ContentDigest(of: Data("\(context)\n\(adapter?.description ?? "base")".utf8)).hexadecimal
        return directory.appending(path: name + ".features")
    }

    /// - Parameter adapter: its `featureDigest`; `nil` for the base model.
    /// - Returns: `nil` where there is no such file, or none that is whole.
    package func read(_ adapter: ContentDigest?) -> TextCache? {
        let file = file(of: adapter)
        guard let data = try? Data(contentsOf: file), let known = Self.decode(data) else { return nil }
        // So that what is used outlives what is not.
        try? FileManager.default.setAttributes([.modificationDate: Date()], ofItemAtPath: file.path)
        return TextCache(known)
    }

    /// Writes a cache that changed. What the disk refuses is computed again.
    package func write(_ cache: TextCache, of adapter: ContentDigest?) {
        let (known, rests, isChanged) = cache.state.withLock { state in
            defer { state.isChanged = false }
            return (state.known, state.rests, state.isChanged)
        }
        guard isChanged else { return }
        let file = file(of: adapter)
        do {
            guard !known.isEmpty else { return try FileManager.default.removeItem(at: file) }
            try FileManager.default.createDirectory(
                at: directory, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
            try Self.encode(known, rests: rests).write(to: file, options: .atomic)
        } catch {
            cache.state.withLock { $0.isChanged = true }
        }
    }

    /// Removes what was not used for long, and the oldest of what is too much.
    package func removeOld(now: Date = Date()) {
        let keys: Set<URLResourceKey> = [.contentModificationDateKey, .fileSizeKey]
        let found = try? FileManager.default.contentsOfDirectory(at: directory, includingPropertiesForKeys: Array(keys))
        // Half-written ones, of a process that was killed, too.
        let files = (found ?? []).compactMap { file in
            (try? file.resourceValues(forKeys: keys)).map {
                (url: file, used: $0.contentModificationDate ?? .distantPast, bytes: $0.fileSize ?? 0)
            }
        }
        var bytes = 0
        for file in files.sorted(by: { $0.used > $1.used }) {
            bytes += file.bytes
            if bytes > Self.bytes || now.timeIntervalSince(file.used) > Self.lifetime {
                try? FileManager.default.removeItem(at: file.url)
            }
        }
    }

    private static func encode(_ known: [TextCache.Key: TextCache.Entry], rests: Int) -> Data {
        let width = known.first?.value.features.count ?? 0
        var data = Data(magic)
        data.reserveCapacity(magic.count + 8 + known.count * (keyBytes + 4 + width * 4) + SHA256.byteCount)
        func append(_ value: some FixedWidthInteger) {
            withUnsafeBytes(of: value.littleEndian) { data.append(contentsOf: $0) }
        }
        append(UInt32(width))
        append(UInt32(known.count))
        for (key, entry) in known {
            append(key.high)
            append(key.low)
            append(UInt32(max(rests - entry.use, 0)))
            entry.features.withUnsafeBytes { data.append(contentsOf: $0) }
        }
        data.append(contentsOf: SHA256.hash(data: data))
        return data
    }

    private static func decode(_ data: Data) -> [TextCache.Key: TextCache.Entry]? {
        let start = magic.count + 8
        guard data.count >= start + SHA256.byteCount, data.prefix(magic.count).elementsEqual(magic) else { return nil }
        let content = data.dropLast(SHA256.byteCount)
        guard SHA256.hash(data: content).elementsEqual(data.suffix(SHA256.byteCount)) else { return nil }
        return content.withUnsafeBytes { bytes -> [TextCache.Key: TextCache.Entry]? in
            func number<Value: FixedWidthInteger>(at offset: Int, _ type: Value.Type) -> Value {
                Value(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: Value.self))
            }
            let width = Int(number(at: magic.count, UInt32.self))
            let count = Int(number(at: magic.count + 4, UInt32.self))
            let row = keyBytes + 4 + width * MemoryLayout<Float>.stride
            guard count <= TextCache.texts, bytes.count == start + count * row else { return nil }
            var known: [TextCache.Key: TextCache.Entry] = [:]
            known.reserveCapacity(count)
            for offset in stride(from: start, to: bytes.count, by: row) {
                let key = TextCache.Key(
                    high: number(at: offset, UInt64.self), low: number(at: offset + 8, UInt64.self))
                let features = [Float](unsafeUninitializedCapacity: width) { buffer, filled in
                    let source = UnsafeRawBufferPointer(rebasing: bytes[(offset + keyBytes + 4)..<(offset + row)])
                    UnsafeMutableRawBufferPointer(buffer).copyMemory(from: source)
                    filled = width
                }
                known[key] = TextCache.Entry(features: features, use: -Int(number(at: offset + keyBytes, UInt32.self)))
            }
            return known
        }
    }
}
