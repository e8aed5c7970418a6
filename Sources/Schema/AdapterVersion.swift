/// One immutable version of a task's adapter.
public struct AdapterVersion: Sendable, Hashable, Codable {
    /// `v1`, `v2`, … within a task.
    public var version: String
    /// `sha256:` and 64 hexadecimal digits over the content of its directory.
    public var digest: String
    public var state: AdapterState
    /// Version it was trained from.
    public var parent: String?
    /// Identifier of the update that made it; `nil` when imported.
    public var update: String?
    public var metrics: Metrics
    public var createdAt: Timestamp

    public struct Metrics: Sendable, Hashable, Codable {
        /// Share of held-out examples answered right, over all slices.
        public var accuracy: Double?
        public var examples: Int
        public init(accuracy: Double? = nil, examples: Int = 0) {
            self.accuracy = accuracy
            self.examples = examples
        }
    }

    public init(
        version: String, digest: String, state: AdapterState, parent: String? = nil, update: String? = nil,
        metrics: Metrics = Metrics(), createdAt: Timestamp = .now
    ) {
        self.version = version
        self.digest = digest
        self.state = state
        self.parent = parent
        self.update = update
        self.metrics = metrics
        self.createdAt = createdAt
    }

    enum CodingKeys: String, CodingKey {
        case version, digest, state, parent, update, metrics
        case createdAt = "created_at"
    }

    /// With every field: `null` where there is no parent or no update.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(version, forKey: .version)
        try container.encode(digest, forKey: .digest)
        try container.encode(state, forKey: .state)
        try container.encode(parent, forKey: .parent)
        try container.encode(update, forKey: .update)
        try container.encode(metrics, forKey: .metrics)
        try container.encode(createdAt, forKey: .createdAt)
    }
}

public enum AdapterState: String, Sendable, Hashable, Codable {
    case champion, retired, rejected
}

/// What an answer says about the adapter it came from.
public struct AdapterReference: Sendable, Hashable, Codable {
    public var version: String
    public var digest: String
    public init(version: String, digest: String) {
        self.version = version
        self.digest = digest
    }
}

/// How a request names an adapter: `champion`, `v3` or `sha256:…`.
public enum AdapterSelector: Sendable, Hashable {
    case champion
    case version(String)
    case digest(String)

    /// - Throws: ``SchemaError/invalidAdapterReference(_:)``.
    public init(_ text: String) throws {
        if text == "champion" {
            self = .champion
        } else if text.first == "v", let number = Int(text.dropFirst()), number > 0, text == "v\(number)" {
            self = .version(text)
        } else if text.hasPrefix("sha256:"), text.utf8.count == 71,
            text.dropFirst(7).allSatisfy({ $0.isHexDigit && !$0.isUppercase })
        {
            self = .digest(text)
        } else {
            throw SchemaError.invalidAdapterReference(text)
        }
    }
}
