/// A bounded memory of labelled texts, compressed, and reproducible from its seed.
///
/// It is a value: a copy is a snapshot, and equal offers to equal memories give equal bytes. Exemplars are
/// numbered by label (in order of first arrival), within a label by sequence.
///
/// Sealed exemplars lie in compressed blocks; what arrives goes to a small uncompressed tail until enough has
/// gathered to write the blocks anew, or ``encode()`` is called.
public struct ReplayMemory: Sendable {
    public internal(set) var configuration: ReplayConfiguration
    /// Exemplars that fit: the budget, or fewer once the byte budget was met. Never above the budget.
    public internal(set) var limit: Int
    /// Distinct examples offered so far, less those removed while they were held.
    public internal(set) var offered = 0
    /// Bytes of the encoding when blocks were last written. What waits in the tail is not in it.
    public internal(set) var storedBytes = 0

    /// State of the random numbers retention uses; saved with the memory.
    var generator: SeededGenerator
    var rows: [LabelRow] = []
    var labelNumbers: [String: Int] = [:]
    /// Number of the first exemplar of each label, and at the end the count of all.
    var starts = [0]
    /// Label of every text held.
    var labelOfText: [TextHash: Int] = [:]
    var sources: [String] = []
    var archive: BlockArchive
    var tail: [[UInt8]] = []
    var tailBytes = 0
    /// Blocks hold exemplars that were removed, or lack such as lie in the tail.
    var needsSealing = false
    /// Plain reservoir only: something was passed over or evicted, so membership is by lot from now on.
    var isSampling = false

    public init(configuration: ReplayConfiguration, seed: UInt64) throws(ReplayError) {
        self.init(empty: configuration, generator: SeededGenerator(seed: seed), archive: try .empty())
        storedBytes = try serialize().count
    }

    init(empty configuration: ReplayConfiguration, generator: SeededGenerator, archive: BlockArchive) {
        self.configuration = configuration
        self.generator = generator
        self.archive = archive
        limit = configuration.maximumExemplars
    }

    public var count: Int { starts[starts.count - 1] }
    public var isEmpty: Bool { count == 0 }
    /// Whether all that was offered is held, but for what was removed: nothing was passed over, evicted or damaged.
    public var isWhole: Bool { count == offered }

    /// One label and its exemplars.
    struct LabelRow: Sendable {
        var name: String
        /// Examples of it offered so far, less those removed while they were held.
        var offered = 0
        /// Class-balanced only: it once was the largest, so membership is by lot from now on.
        var isFull = false
        /// Ascending by sequence.
        var members: [Entry] = []
    }

    struct Entry: Sendable {
        var hash: TextHash
        var sequence: Int64
        var experience: Int
        /// Position in ``ReplayMemory/sources``.
        var source: Int?
        /// UTF-8 bytes of the text.
        var textBytes: Int
        var location: Location
        var payload: [UInt8]
    }

    enum Location: Sendable {
        case block(Int, slot: Int)
        case tail(Int)
    }
}

extension ReplayMemory {
    /// Exemplar number `index`, 0 to ``count`` − 1. Decompresses at most one block, none when it was read lately.
    ///
    /// - Throws: ``ReplayError/indexOutOfRange(index:count:)``.
    public func exemplar(at index: Int) throws(ReplayError) -> Exemplar {
        guard index >= 0, index < count else { throw .indexOutOfRange(index: index, count: count) }
        // The last label that starts at or before the index; labels without exemplars share their start with the next.
        var low = 0
        var high = rows.count
        while high - low > 1 {
            let middle = (low + high) / 2
            if starts[middle] <= index { low = middle } else { high = middle }
        }
        return try exemplar(rows[low].members[index - starts[low]], label: rows[low].name)
    }

    /// All exemplars in order.
    public func exemplars() throws(ReplayError) -> [Exemplar] {
        var all: [Exemplar] = []
        all.reserveCapacity(count)
        for row in rows {
            for entry in row.members { all.append(try exemplar(entry, label: row.name)) }
        }
        return all
    }

    /// Whether this very text is held, under whatever label.
    public func contains(text: String) -> Bool { labelOfText[TextHash(text.utf8)] != nil }

    private func exemplar(_ entry: Entry, label: String) throws(ReplayError) -> Exemplar {
        Exemplar(
            text: String(decoding: try utf8(of: entry), as: UTF8.self), label: label, sequence: entry.sequence,
            experience: entry.experience, source: entry.source.map { sources[$0] }, payload: entry.payload)
    }

    func utf8(of entry: Entry) throws(ReplayError) -> ArraySlice<UInt8> {
        switch entry.location {
        case .block(let block, let slot): try archive.text(block: block, slot: slot)
        case .tail(let slot): tail[slot][...]
        }
    }
}
