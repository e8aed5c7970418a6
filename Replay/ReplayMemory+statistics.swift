/// What a memory holds and what it costs.
public struct ReplayStatistics: Sendable, Hashable {
    public var exemplars: Int
    public var offered: Int
    public var labels: [Label]
    /// Exemplars of each experience, by its number.
    public var experiences: [Int: Int]
    /// `nil` when the memory is empty.
    public var age: Age?
    /// UTF-8 bytes of the texts.
    public var textBytes: Int
    /// Bytes of the encoding when blocks were last written.
    public var storedBytes: Int
    public var dictionaryBytes: Int
    public var blocks: Int
    /// Exemplars not in blocks yet.
    public var unsealed: Int

    public struct Label: Sendable, Hashable {
        public var name: String
        public var exemplars: Int
        public var offered: Int
    }

    /// In sequence numbers.
    public struct Age: Sendable, Hashable {
        public var oldest: Int64
        public var newest: Int64
        public var mean: Double
    }
}

extension ReplayMemory {
    public func statistics() -> ReplayStatistics {
        var experiences: [Int: Int] = [:]
        var age: ReplayStatistics.Age?
        var sum = 0.0
        var textBytes = 0
        var unsealed = 0
        for row in rows {
            for entry in row.members {
                experiences[entry.experience, default: 0] += 1
                age = ReplayStatistics.Age(
                    oldest: min(age?.oldest ?? entry.sequence, entry.sequence),
                    newest: max(age?.newest ?? entry.sequence, entry.sequence), mean: 0)
                sum += Double(entry.sequence)
                textBytes += entry.textBytes
                if case .tail = entry.location { unsealed += 1 }
            }
        }
        age?.mean = sum / Double(max(1, count))
        return ReplayStatistics(
            exemplars: count, offered: offered,
            labels: rows.map {
                ReplayStatistics.Label(name: $0.name, exemplars: $0.members.count, offered: $0.offered)
            },
            experiences: experiences, age: age, textBytes: textBytes, storedBytes: storedBytes,
            dictionaryBytes: archive.dictionary.count, blocks: archive.blocks.count, unsealed: unsealed)
    }
}
