/// One version and where it comes from.
///
/// Body of `GET /v1/tasks/{task}/adapters/{version}`.
public struct AdapterDetail: Sendable, Hashable, Codable {
    public var version: AdapterVersion
    /// In the order of the head's rows.
    public var labels: [String]
    public var lineage: Lineage

    public struct Lineage: Sendable, Hashable, Codable {
        /// Name and digest of the frozen model underneath.
        public var base: String
        public var baseDigest: String
        /// Digest of the adapter it was trained from.
        public var parent: String?
        /// Sequence numbers of the first and last example it learned.
        public var firstExample: Int64?
        public var lastExample: Int64?
        /// Digest of the replay memory it was trained with.
        public var replay: String?
        public var recipe: String
        public var seed: UInt64

        public init(
            base: String, baseDigest: String, parent: String?, firstExample: Int64?, lastExample: Int64?,
            replay: String?, recipe: String, seed: UInt64
        ) {
            self.base = base
            self.baseDigest = baseDigest
            self.parent = parent
            self.firstExample = firstExample
            self.lastExample = lastExample
            self.replay = replay
            self.recipe = recipe
            self.seed = seed
        }

        enum CodingKeys: String, CodingKey {
            case base, parent, replay, recipe, seed
            case baseDigest = "base_digest"
            case firstExample = "first_example"
            case lastExample = "last_example"
        }
    }

    public init(version: AdapterVersion, labels: [String], lineage: Lineage) {
        self.version = version
        self.labels = labels
        self.lineage = lineage
    }
}
