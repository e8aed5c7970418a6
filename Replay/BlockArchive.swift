import Synchronization

/// Sealed blocks of texts with their columns; immutable, shared by all copies of a memory.
///
/// A block holds up to ``exemplarsPerBlock`` exemplars of neighbouring labels: first the columns
/// (see ``ExemplarColumns``), then one zstd frame with the texts, each ended by a byte that UTF-8 never uses.
/// Grouping by label is what the ratio comes from: texts of one label repeat each other's words.
final class BlockArchive: Sendable {
    static let exemplarsPerBlock = 128
    /// A block is closed at this size, so that reading one exemplar never costs more than a fraction of a millisecond.
    static let textBytesPerBlock = 65_536
    static let textEnd: UInt8 = 0xFF

    struct Block: Sendable {
        var bytes: [UInt8]
        var columnBytes: Int
        var textBytes: Int
        var exemplars: Int
        var checksum: UInt32
    }

    let dictionary: [UInt8]
    let blocks: [Block]
    private let reader: Mutex<BlockReader>

    init(dictionary: [UInt8], blocks: [Block], cacheBytes: Int = 8 << 20) throws(ReplayError) {
        self.dictionary = dictionary
        self.blocks = blocks
        reader = Mutex(
            BlockReader(
                decompressor: try ZstdDecompressor(dictionary: dictionary), cache: TextCache(capacity: cacheBytes)))
    }

    /// The same blocks read through a cache of another size.
    func cached(bytes: Int) throws(ReplayError) -> BlockArchive {
        try BlockArchive(dictionary: dictionary, blocks: blocks, cacheBytes: bytes)
    }

    static func empty() throws(ReplayError) -> BlockArchive { try BlockArchive(dictionary: [], blocks: []) }

    var encodedBytes: Int { blocks.reduce(0) { $0 + $1.bytes.count } }

    /// Text number `slot` of block `block`. Thread-safe; decompresses at most one block.
    func text(block: Int, slot: Int) throws(ReplayError) -> ArraySlice<UInt8> {
        let texts = try texts(block: block)
        return texts.bytes[texts.range(slot)]
    }

    func texts(block number: Int) throws(ReplayError) -> BlockTexts {
        let block = blocks[number]
        return try reader.withLock { reader throws(ReplayError) in try reader.texts(of: block, number: number) }
    }
}

/// The texts of one block and where each begins.
struct BlockTexts: Sendable {
    let bytes: [UInt8]
    /// One more than there are texts; each text ends one byte before the next begins.
    private let starts: [Int]

    init(bytes: [UInt8], exemplars: Int) throws(ReplayError) {
        var starts = [0]
        starts.reserveCapacity(exemplars + 1)
        for (position, byte) in bytes.enumerated() where byte == BlockArchive.textEnd { starts.append(position + 1) }
        guard starts.count == exemplars + 1, starts.last == bytes.count else {
            throw .unreadable(reason: "a block holds \(starts.count - 1) texts where \(exemplars) belong")
        }
        self.bytes = bytes
        self.starts = starts
    }

    func range(_ slot: Int) -> Range<Int> { starts[slot]..<starts[slot + 1] - 1 }
}

/// What reading needs and changes: the decompressor and the texts read last.
private struct BlockReader: ~Copyable {
    let decompressor: ZstdDecompressor
    var cache: TextCache

    mutating func texts(of block: BlockArchive.Block, number: Int) throws(ReplayError) -> BlockTexts {
        if let texts = cache[number] { return texts }
        let bytes = try decompressor.decompress(block.bytes[block.columnBytes...], size: block.textBytes)
        let texts = try BlockTexts(bytes: bytes, exemplars: block.exemplars)
        cache.insert(texts, for: number)
        return texts
    }
}

/// Decompressed blocks, the least recently used half dropped at once: an approximation of LRU in two dictionaries.
private struct TextCache {
    private let capacity: Int
    private var recent: [Int: BlockTexts] = [:]
    private var older: [Int: BlockTexts] = [:]
    private var recentBytes = 0

    init(capacity: Int) { self.capacity = capacity }

    subscript(number: Int) -> BlockTexts? {
        mutating get {
            if let texts = recent[number] { return texts }
            guard let texts = older.removeValue(forKey: number) else { return nil }
            insert(texts, for: number)
            return texts
        }
    }

    mutating func insert(_ texts: BlockTexts, for number: Int) {
        guard texts.bytes.count <= capacity / 2 else { return }
        if recentBytes + texts.bytes.count > capacity / 2 {
            older = recent
            recent = [:]
            recentBytes = 0
        }
        recent[number] = texts
        recentBytes += texts.bytes.count
    }
}
