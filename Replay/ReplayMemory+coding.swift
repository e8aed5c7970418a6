extension ReplayMemory {
    /// The memory as bytes, at most the byte budget. A memory read from them continues exactly like this one.
    ///
    /// Exemplars that the byte budget does not hold leave first: the oldest of a window, else by lot, as a
    /// class-balanced memory or a reservoir chooses. Equal memories give equal bytes with the same version of zstd.
    public mutating func encode() throws(ReplayError) -> [UInt8] { try settle() }

    /// - Throws: ``ReplayError/damaged(_:)`` when any bit is not as it was written, though what is left may be
    ///   recovered; ``ReplayError/unreadable(reason:)`` when nothing is; ``ReplayError/unsupportedVersion(found:supported:)``.
    public init(decoding bytes: [UInt8]) throws(ReplayError) {
        let recovery = try Self.recover(bytes)
        guard recovery.damages.isEmpty else { throw .damaged(recovery.damages) }
        self = recovery.memory
    }

    /// What is left of a memory, and what is not.
    public struct Recovery: Sendable {
        public var memory: ReplayMemory
        /// Empty when every bit is as it was written.
        public var damages: [Damage]
    }

    /// Reads what is whole: a damaged block costs its exemplars, a damaged copy of header or index nothing.
    ///
    /// - Throws: ``ReplayError/unreadable(reason:)`` when both copies of header or index are damaged.
    public static func recover(_ bytes: [UInt8]) throws(ReplayError) -> Recovery {
        let opened = try ReplayFile.open(bytes)
        let index = try ReplayIndex(decoding: opened.index)
        var damages = opened.damages
        let blockBytes = index.blocks.reduce(0) { $0 + $1.bytes }
        let length = 2 * opened.firstBlock + blockBytes
        if length != bytes.count { damages.append(.length(expected: length, found: bytes.count)) }

        var memory = try ReplayMemory(index: index)
        var blocks = BlockPlan.plan(index)
        var intact: [BlockArchive.Block] = []
        var position = opened.firstBlock
        for number in blocks.indices {
            let entry = index.blocks[number]
            // The second index begins where the blocks end; a cut file ends earlier.
            let end = position + entry.bytes
            let slice = end <= bytes.count ? bytes[position..<end] : []
            position = end
            if !slice.isEmpty, Checksum.crc32c(slice) == entry.checksum {
                blocks[number].archived = intact.count
                intact.append(
                    BlockArchive.Block(
                        bytes: Array(slice), columnBytes: entry.columnBytes, textBytes: entry.textBytes,
                        exemplars: entry.exemplars, checksum: entry.checksum))
            } else {
                damages.append(
                    .block(
                        number: number, exemplars: entry.exemplars,
                        labels: blocks[number].runs.map { index.labels[$0.label].name }))
            }
        }
        memory.archive = try BlockArchive(dictionary: index.dictionary, blocks: intact)
        for block in blocks { try memory.take(block) }
        memory.needsSealing = intact.count < blocks.count
        memory.storedBytes = bytes.count
        return Recovery(memory: memory, damages: damages)
    }

    func serialize() throws(ReplayError) -> [UInt8] {
        let index = ReplayIndex(
            configuration: configuration, limit: limit, offered: offered, isSampling: isSampling,
            generator: generator,
            labels: rows.map {
                ReplayIndex.Label(
                    name: $0.name, offered: $0.offered, isFull: $0.isFull, exemplars: $0.members.count)
            },
            sources: sources,
            blocks: archive.blocks.map {
                ReplayIndex.Block(
                    exemplars: $0.exemplars, columnBytes: $0.columnBytes, bytes: $0.bytes.count,
                    textBytes: $0.textBytes, checksum: $0.checksum)
            },
            dictionary: archive.dictionary)
        return ReplayFile(index: try index.encode(), blocks: archive.blocks.map { $0.bytes[...] }).encode()
    }

    /// State and names without any exemplar.
    private init(index: ReplayIndex) throws(ReplayError) {
        self.init(empty: index.configuration, generator: index.generator, archive: try .empty())
        limit = index.limit
        offered = index.offered
        isSampling = index.isSampling
        sources = index.sources
        rows = index.labels.map { LabelRow(name: $0.name, offered: $0.offered, isFull: $0.isFull) }
        starts = [Int](repeating: 0, count: rows.count + 1)
        for (number, row) in rows.enumerated() { labelNumbers[row.name] = number }
    }

    /// Adds a block's exemplars, in order, behind those of the blocks before it.
    private mutating func take(_ plan: BlockPlan) throws(ReplayError) {
        guard let number = plan.archived else { return }
        let block = archive.blocks[number]
        let columns = try ExemplarColumns(
            decoding: block.bytes[..<block.columnBytes], lengths: plan.runs.map(\.exemplars), sources: sources.count)
        let texts = try archive.texts(block: number)
        var slot = 0
        for (run, rowsOfRun) in zip(plan.runs, columns.runs) {
            for row in rowsOfRun {
                let text = texts.bytes[texts.range(slot)]
                let hash = TextHash(text)
                guard labelOfText[hash] == nil else { throw .unreadable(reason: "a text stands in it twice") }
                labelOfText[hash] = run.label
                rows[run.label].members.append(
                    Entry(
                        hash: hash, sequence: row.sequence, experience: row.experience, source: row.source,
                        textBytes: text.count, location: .block(number, slot: slot), payload: row.payload))
                slot += 1
            }
            for later in run.label + 1..<starts.count { starts[later] += rowsOfRun.count }
        }
    }
}

/// Which exemplars of which labels lie in a block. It follows from the counts in the index: blocks hold the
/// exemplars label by label, so that a lost block can still be named by what was in it.
private struct BlockPlan {
    var runs: [(label: Int, exemplars: Int)] = []
    /// Position in the archive; `nil` when the block is lost.
    var archived: Int?

    static func plan(_ index: ReplayIndex) -> [BlockPlan] {
        var label = 0
        var left = index.labels.first?.exemplars ?? 0
        return index.blocks.map { block in
            var plan = BlockPlan()
            var open = block.exemplars
            while open > 0 {
                // The index has checked that labels and blocks hold equally many.
                while left == 0 {
                    label += 1
                    left = index.labels[label].exemplars
                }
                let taken = min(open, left)
                plan.runs.append((label, taken))
                open -= taken
                left -= taken
            }
            return plan
        }
    }
}
