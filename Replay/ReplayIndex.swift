/// Everything about a memory except its blocks: settings, state, names, dictionary, and where the blocks are.
///
/// What changes with every offer has a fixed width; names and counts are compressed.
struct ReplayIndex: Equatable {
    var configuration: ReplayConfiguration
    var limit: Int
    var offered: Int
    var isSampling: Bool
    var generator: SeededGenerator
    var labels: [Label]
    var sources: [String]
    var blocks: [Block]
    var dictionary: [UInt8]

    struct Label: Equatable {
        var name: String
        var offered: Int
        var isFull: Bool
        var exemplars: Int
    }

    struct Block: Equatable {
        var exemplars: Int
        var columnBytes: Int
        var bytes: Int
        var textBytes: Int
        var checksum: UInt32
    }

    func encode() throws(ReplayError) -> [UInt8] {
        var tables = ByteWriter()
        tables.append(count: labels.count)
        for label in labels { tables.append(string: label.name) }
        for label in labels { tables.append(count: label.exemplars) }
        for label in labels { tables.append(count: label.offered << 1 | (label.isFull ? 1 : 0)) }
        tables.append(count: sources.count)
        for source in sources { tables.append(string: source) }
        tables.append(count: blocks.count)
        for block in blocks { tables.append(count: block.exemplars) }
        for block in blocks { tables.append(count: block.columnBytes) }
        for block in blocks { tables.append(count: block.bytes) }
        for block in blocks { tables.append(count: block.textBytes) }
        for block in blocks { tables.append(word: block.checksum) }
        let frame = try ZstdCompressor(dictionary: []).compress(tables.bytes)

        var writer = ByteWriter()
        writer.append(word: configuration.retention.rawValue | (isSampling ? 0x80 : 0))
        writer.append(word: UInt32(configuration.maximumExemplars))
        writer.append(word: UInt32(configuration.maximumBytes))
        writer.append(word: UInt32(limit))
        writer.append(word: UInt64(offered))
        for word in generator.state { writer.append(word: word) }
        writer.append(count: tables.bytes.count)
        writer.append(count: frame.count)
        writer.append(frame)
        writer.append(dictionary)
        return writer.bytes
    }

    init(decoding bytes: ArraySlice<UInt8>) throws(ReplayError) {
        var reader = ByteReader(bytes)
        let flags = try reader.word(UInt8.self)
        guard let retention = Retention(rawValue: flags & 0x7F) else {
            throw .unreadable(reason: "retention \(flags & 0x7F) is unknown")
        }
        isSampling = flags & 0x80 != 0
        configuration = try ReplayConfiguration(
            maximumExemplars: Int(reader.word(UInt32.self)), maximumBytes: Int(reader.word(UInt32.self)),
            retention: retention)
        limit = Int(try reader.word(UInt32.self))
        let offered = try reader.word(UInt64.self)
        guard limit <= configuration.maximumExemplars, offered <= UInt64(Int64.max / 2) else {
            throw .unreadable(reason: "its limit is above its budget, or its count of offers impossible")
        }
        self.offered = Int(offered)
        var state: [UInt64] = []
        for _ in 0..<4 { state.append(try reader.word(UInt64.self)) }
        guard let generator = SeededGenerator(state: state) else {
            throw .unreadable(reason: "the state of its random numbers is all zero")
        }
        self.generator = generator
        let tableBytes = try reader.count(upTo: Self.largestTables)
        let frame = try reader.read(reader.count(upTo: reader.remaining))
        dictionary = Array(try reader.read(reader.remaining))

        let tables = try ZstdDecompressor(dictionary: []).decompress(frame, size: tableBytes)
        var table = ByteReader(tables[...])
        labels = try Self.labels(&table)
        var sources: [String] = []
        for _ in 0..<(try table.count(upTo: table.remaining)) { sources.append(try table.string()) }
        self.sources = sources
        blocks = try Self.blocks(&table)
        let exemplars = labels.reduce(0) { $0 + $1.exemplars }
        guard blocks.reduce(0, { $0 + $1.exemplars }) == exemplars, table.remaining == 0 else {
            throw .unreadable(reason: "its labels and its blocks do not agree")
        }
    }

    /// Names of ten thousand labels come to a few megabytes; more is no index of ours.
    private static let largestTables = 1 << 26

    private static func labels(_ table: inout ByteReader) throws(ReplayError) -> [Label] {
        var labels: [Label] = []
        for _ in 0..<(try table.count(upTo: table.remaining)) {
            labels.append(Label(name: try table.string(), offered: 0, isFull: false, exemplars: 0))
        }
        guard Set(labels.map(\.name)).count == labels.count else {
            throw .unreadable(reason: "a label stands in it twice")
        }
        for number in labels.indices { labels[number].exemplars = try table.count(upTo: Int(UInt32.max)) }
        for number in labels.indices {
            let value = try table.count(upTo: Int.max)
            labels[number].offered = value >> 1
            labels[number].isFull = value & 1 == 1
        }
        return labels
    }

    private static func blocks(_ table: inout ByteReader) throws(ReplayError) -> [Block] {
        var blocks = [Block](
            repeating: Block(exemplars: 0, columnBytes: 0, bytes: 0, textBytes: 0, checksum: 0),
            count: try table.count(upTo: table.remaining))
        for number in blocks.indices {
            blocks[number].exemplars = try table.count(upTo: BlockArchive.exemplarsPerBlock)
        }
        for number in blocks.indices { blocks[number].columnBytes = try table.count(upTo: Int(UInt32.max)) }
        for number in blocks.indices { blocks[number].bytes = try table.count(upTo: Int(UInt32.max)) }
        for number in blocks.indices { blocks[number].textBytes = try table.count(upTo: Int(UInt32.max)) }
        for number in blocks.indices { blocks[number].checksum = try table.word(UInt32.self) }
        guard blocks.allSatisfy({ $0.columnBytes <= $0.bytes && $0.exemplars > 0 }) else {
            throw .unreadable(reason: "a block is empty or shorter than its columns")
        }
        return blocks
    }

    init(
        configuration: ReplayConfiguration, limit: Int, offered: Int, isSampling: Bool, generator: SeededGenerator,
        labels: [Label], sources: [String], blocks: [Block], dictionary: [UInt8]
    ) {
        self.configuration = configuration
        self.limit = limit
        self.offered = offered
        self.isSampling = isSampling
        self.generator = generator
        self.labels = labels
        self.sources = sources
        self.blocks = blocks
        self.dictionary = dictionary
    }
}
