/// One exemplar on its way into a block.
struct SealedExemplar {
    /// Position in the memory's table of labels. Exemplars are written in ascending order of it.
    var label: Int
    var row: ExemplarColumns.Row
    var utf8: [UInt8]
}

/// Cuts exemplars into blocks and compresses them, with a dictionary where that pays.
enum BlockWriter {
    static func archive(_ exemplars: [SealedExemplar]) throws(ReplayError) -> BlockArchive {
        let groups = cut(exemplars)
        let plain = try compress(groups, dictionary: [])
        let textBytes = exemplars.reduce(0) { $0 + $1.utf8.count + 1 }
        guard textBytes >= smallestTrainingBytes else { return plain }

        let size = min(max(textBytes / 128, 1_024), 16_384)
        let dictionary = ZstdDictionary.train(samples: samples(exemplars), size: size)
        guard !dictionary.isEmpty else { return plain }
        let trained = try compress(groups, dictionary: dictionary)
        // The dictionary stands in both copies of the index.
        return trained.encodedBytes + 2 * dictionary.count < plain.encodedBytes ? trained : plain
    }

    /// Below this a dictionary has never been seen to pay for its two copies.
    private static let smallestTrainingBytes = 32_768

    private static func cut(_ exemplars: [SealedExemplar]) -> [ArraySlice<SealedExemplar>] {
        var groups: [ArraySlice<SealedExemplar>] = []
        var start = 0
        var textBytes = 0
        for (position, exemplar) in exemplars.enumerated() {
            let added = exemplar.utf8.count + 1
            let isFull =
                position - start == BlockArchive.exemplarsPerBlock
                || textBytes + added > BlockArchive.textBytesPerBlock
            if isFull, position > start {
                groups.append(exemplars[start..<position])
                start = position
                textBytes = 0
            }
            textBytes += added
        }
        if start < exemplars.count { groups.append(exemplars[start...]) }
        return groups
    }

    private static func compress(
        _ groups: [ArraySlice<SealedExemplar>], dictionary: [UInt8]
    ) throws(ReplayError) -> BlockArchive {
        let compressor = try ZstdCompressor(dictionary: dictionary)
        var blocks: [BlockArchive.Block] = []
        for group in groups {
            var runs: [[ExemplarColumns.Row]] = []
            var label: Int?
            var texts: [UInt8] = []
            for exemplar in group {
                if exemplar.label != label { runs.append([]) }
                label = exemplar.label
                runs[runs.count - 1].append(exemplar.row)
                texts.append(contentsOf: exemplar.utf8)
                texts.append(BlockArchive.textEnd)
            }
            var writer = ByteWriter()
            ExemplarColumns(runs: runs).encode(into: &writer)
            let columnBytes = writer.bytes.count
            writer.append(try compressor.compress(texts))
            blocks.append(
                BlockArchive.Block(
                    bytes: writer.bytes, columnBytes: columnBytes, textBytes: texts.count, exemplars: group.count,
                    checksum: Checksum.crc32c(writer.bytes)))
        }
        return try BlockArchive(dictionary: dictionary, blocks: blocks)
    }

    /// Sixteen neighbours a sample: the trainer then also sees what repeats from text to text.
    private static func samples(_ exemplars: [SealedExemplar]) -> [[UInt8]] {
        stride(from: 0, to: exemplars.count, by: 16).map { start in
            exemplars[start..<min(start + 16, exemplars.count)].flatMap { $0.utf8 + [BlockArchive.textEnd] }
        }
    }
}
