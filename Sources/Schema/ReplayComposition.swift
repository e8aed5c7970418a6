/// What a task's replay memory is made of, taken when it was written.
public struct ReplayComposition: Sendable, Hashable, Codable {
    public var exemplars: Int
    /// Distinct examples offered to it so far.
    public var offered: Int
    /// On disk: text, dictionary, labels, index and checksums.
    public var storedBytes: Int
    /// UTF-8 bytes of the texts.
    public var textBytes: Int
    /// Most exemplars first.
    public var labels: [Label]
    /// Oldest experience first.
    public var experiences: [Experience]
    /// How often exemplars were learned again since they were chosen, in groups from never upwards.
    public var rehearsals: [Rehearsal]

    public struct Label: Sendable, Hashable, Codable {
        public var label: String
        public var exemplars: Int
        public var textBytes: Int
        /// Mean number of times an exemplar of it was learned again.
        public var rehearsed: Double
        public init(label: String, exemplars: Int, textBytes: Int, rehearsed: Double) {
            self.label = label
            self.exemplars = exemplars
            self.textBytes = textBytes
            self.rehearsed = rehearsed
        }

        enum CodingKeys: String, CodingKey {
            case label, exemplars, rehearsed
            case textBytes = "text_bytes"
        }
    }

    /// Exemplars by the experience they were first learned in: the memory's ages.
    public struct Experience: Sendable, Hashable, Codable {
        public var experience: Int
        public var exemplars: Int
        public init(experience: Int, exemplars: Int) {
            self.experience = experience
            self.exemplars = exemplars
        }
    }

    /// Exemplars that were learned again `least` to `most` times.
    public struct Rehearsal: Sendable, Hashable, Codable {
        public var least: Int
        /// `nil` for the last group, which has no end.
        public var most: Int?
        public var exemplars: Int
        public init(least: Int, most: Int?, exemplars: Int) {
            self.least = least
            self.most = most
            self.exemplars = exemplars
        }
    }

    /// One exemplar as the composition counts it.
    public struct Item: Sendable, Hashable {
        public var label: String
        public var textBytes: Int
        public var experience: Int
        public var rehearsals: Int
        public init(label: String, textBytes: Int, experience: Int, rehearsals: Int) {
            self.label = label
            self.textBytes = textBytes
            self.experience = experience
            self.rehearsals = rehearsals
        }
    }

    enum CodingKeys: String, CodingKey {
        case exemplars, offered, labels, experiences, rehearsals
        case storedBytes = "stored_bytes"
        case textBytes = "text_bytes"
    }

    /// Text bytes for each stored byte; `nil` when nothing is stored.
    public var compression: Double? { storedBytes > 0 ? Double(textBytes) / Double(storedBytes) : nil }

    public init(items: [Item], offered: Int, storedBytes: Int) {
        exemplars = items.count
        self.offered = offered
        self.storedBytes = storedBytes
        textBytes = items.reduce(0) { $0 + $1.textBytes }
        labels = Dictionary(grouping: items, by: \.label).map { label, items in
            Label(
                label: label, exemplars: items.count, textBytes: items.reduce(0) { $0 + $1.textBytes },
                rehearsed: Double(items.reduce(0) { $0 + $1.rehearsals }) / Double(items.count))
        }
        .sorted { (-$0.exemplars, $0.label) < (-$1.exemplars, $1.label) }
        experiences = Dictionary(grouping: items, by: \.experience)
            .map { Experience(experience: $0.key, exemplars: $0.value.count) }
            .sorted { $0.experience < $1.experience }
        let counts = items.map(\.rehearsals)
        let groups: [(least: Int, most: Int?)] = [(0, 0), (1, 2), (3, 5), (6, 10), (11, 20), (21, nil)]
        rehearsals = groups.map { group in
            Rehearsal(
                least: group.least, most: group.most,
                exemplars: counts.count { $0 >= group.least && $0 <= group.most ?? .max })
        }
    }
}
