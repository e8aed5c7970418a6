import CZstd

extension ReplayMemory {
    /// The library that compresses, with its version.
    public static var compressionLibrary: String { "zstd \(String(cString: ZSTD_versionString()))" }
}

/// Frames without size, dictionary identifier or checksum: the block index carries these once.
struct ZstdCompressor: ~Copyable {
    /// The level the ratio is worth: a block is written once and read often, and reading does not depend on it.
    private static let level: Int32 = 19
    private let context: OpaquePointer
    /// Outcome of setting it up, reported by the first use: a noncopyable value cannot be left half made.
    private let setUp: Int

    /// - Parameter dictionary: bytes of a trained dictionary; empty for none.
    init(dictionary: [UInt8]) throws(ReplayError) {
        guard let context = ZSTD_createCCtx() else {
            throw .codec(operation: "allocate a compression context", reason: "out of memory")
        }
        self.context = context
        let settings = [
            (ZSTD_c_compressionLevel, Self.level), (ZSTD_c_contentSizeFlag, 0), (ZSTD_c_checksumFlag, 0),
            (ZSTD_c_dictIDFlag, 0),
        ]
        var outcome = 0
        for (parameter, value) in settings where ZSTD_isError(outcome) == 0 {
            outcome = ZSTD_CCtx_setParameter(context, parameter, value)
        }
        if ZSTD_isError(outcome) == 0, !dictionary.isEmpty {
            outcome = ZSTD_CCtx_loadDictionary(context, dictionary, dictionary.count)
        }
        setUp = outcome
    }

    deinit { ZSTD_freeCCtx(context) }

    func compress(_ bytes: [UInt8]) throws(ReplayError) -> [UInt8] {
        _ = try zstdResult(setUp, "set up compression")
        let capacity = ZSTD_compressBound(bytes.count)
        var outcome = 0
        let frame = [UInt8](unsafeUninitializedCapacity: capacity) { buffer, count in
            outcome = ZSTD_compress2(context, buffer.baseAddress, capacity, bytes, bytes.count)
            count = ZSTD_isError(outcome) == 0 ? outcome : 0
        }
        _ = try zstdResult(outcome, "compress \(bytes.count) bytes")
        return frame
    }
}

/// Reads frames of a ``ZstdCompressor`` that had the same dictionary. Not for use by two threads at once.
struct ZstdDecompressor: ~Copyable {
    private let context: OpaquePointer
    /// As in ``ZstdCompressor``.
    private let setUp: Int

    init(dictionary: [UInt8]) throws(ReplayError) {
        guard let context = ZSTD_createDCtx() else {
            throw .codec(operation: "allocate a decompression context", reason: "out of memory")
        }
        self.context = context
        setUp = dictionary.isEmpty ? 0 : ZSTD_DCtx_loadDictionary(context, dictionary, dictionary.count)
    }

    deinit { ZSTD_freeDCtx(context) }

    /// - Parameter size: exact size of the content; anything else is an error.
    func decompress(_ frame: ArraySlice<UInt8>, size: Int) throws(ReplayError) -> [UInt8] {
        _ = try zstdResult(setUp, "load the dictionary")
        var outcome = 0
        let bytes = [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
            outcome = frame.withUnsafeBufferPointer {
                ZSTD_decompressDCtx(context, buffer.baseAddress, size, $0.baseAddress, $0.count)
            }
            count = ZSTD_isError(outcome) == 0 ? outcome : 0
        }
        let found = try zstdResult(outcome, "decompress \(frame.count) bytes")
        guard found == size else {
            throw .codec(operation: "decompress \(frame.count) bytes", reason: "\(found) bytes where \(size) belong")
        }
        return bytes
    }
}

enum ZstdDictionary {
    /// A dictionary of at most `size` bytes for texts like `samples`, or empty where there is too little to learn from.
    static func train(samples: [[UInt8]], size: Int) -> [UInt8] {
        let joined = samples.flatMap { $0 }
        let sizes = samples.map(\.count)
        return [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
            let outcome = ZDICT_trainFromBuffer(buffer.baseAddress, size, joined, sizes, UInt32(sizes.count))
            count = ZDICT_isError(outcome) == 0 ? outcome : 0
        }
    }
}

private func zstdResult(_ outcome: Int, _ operation: String) throws(ReplayError) -> Int {
    guard ZSTD_isError(outcome) == 0 else {
        throw .codec(operation: operation, reason: String(cString: ZSTD_getErrorName(outcome)))
    }
    return outcome
}
