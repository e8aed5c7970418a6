/// One labelled text as its source sends it.
public struct Example: Sendable, Hashable, Codable {
    public var text: String
    public var label: String
    /// The source's own identity of this example; without one, the content is the identity.
    public var id: String?
    /// Where it came from, as the source names itself.
    public var source: String?
    /// When the source says it was labelled: seconds since 1970.
    public var timestamp: Double?

    public init(text: String, label: String, id: String? = nil, source: String? = nil, timestamp: Double? = nil) {
        self.text = text
        self.label = label
        self.id = id
        self.source = source
        self.timestamp = timestamp
    }
}

/// Bounds on one example. Longer texts are refused, not cut: what was acknowledged is what is learned.
public enum ExampleLimits {
    public static let textBytes = 32_768
    public static let labelBytes = 256
    public static let idBytes = 256
    public static let sourceBytes = 256
    public static let labelsPerTask = 10_000
}
