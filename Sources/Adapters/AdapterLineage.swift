import Schema

/// Where an adapter comes from: with these, the same update can be run again and gives the same bytes.
///
/// Holds no time, no host name and no name of the update for that reason.
public struct AdapterLineage: Sendable, Hashable, Codable {
    /// The frozen model underneath.
    public struct Base: Sendable, Hashable, Codable {
        public var name: String
        /// `sha256:…` of its weights file.
        public var digest: String
        public init(name: String, digest: String) {
            self.name = name
            self.digest = digest
        }
    }

    /// Sequence numbers of the examples the update consumed, both included.
    public struct LedgerRange: Sendable, Hashable, Codable {
        public var first: Int64
        public var last: Int64
        public init(first: Int64, last: Int64) {
            self.first = first
            self.last = last
        }
    }

    public var base: Base
    /// `sha256:…` of the adapter it was trained from.
    public var parent: String?
    public var ledger: LedgerRange?
    /// `sha256:…` or another name of the replay memory it was trained with.
    public var replayGeneration: String?
    /// The recipe in full, seed and thread count included.
    public var recipe: Recipe
    /// What the other tasks on the same adapter brought to the update; `nil` for a task with one of its own.
    public var sharing: [Shared]?

    /// One task's part of a shared update.
    public struct Shared: Sendable, Hashable, Codable {
        public var task: String
        public var parent: String?
        public var ledger: LedgerRange?
        public var replayGeneration: String?
        public init(task: String, parent: String?, ledger: LedgerRange?, replayGeneration: String?) {
            self.task = task
            self.parent = parent
            self.ledger = ledger
            self.replayGeneration = replayGeneration
        }

        enum CodingKeys: String, CodingKey {
            case task, parent, ledger
            case replayGeneration = "replay_generation"
        }
    }

    public init(
        base: Base, parent: String? = nil, ledger: LedgerRange? = nil,
        replayGeneration: String? = nil, recipe: Recipe, sharing: [Shared]? = nil
    ) {
        self.sharing = sharing
        self.base = base
        self.parent = parent
        self.ledger = ledger
        self.replayGeneration = replayGeneration
        self.recipe = recipe
    }

    enum CodingKeys: String, CodingKey {
        case base, parent, ledger
        case replayGeneration = "replay_generation"
        case recipe, sharing
    }
}
