/// One statistic of one kind of drift, with all that is needed to judge the judgement.
public struct DriftVerdict: Sendable, Hashable, Codable {
    public var kind: DriftKind
    /// Short name of the statistic: `mmd`, `auc`, `psi`, `js`, `ks`, `adwin`, `page_hinkley`, `ece`, `count`.
    public var statistic: String
    /// `nil` where it could not be computed.
    public var value: Double?
    /// What `value`, or `pValue` where ``isJudgedByPValue``, is held against; `nil` where the detector has none.
    public var threshold: Double?
    /// After correction for the number of tests; `nil` for statistics that are no test.
    public var pValue: Double?
    /// Samples on either side, and how many each side needs before anything is judged.
    public var samples: Samples
    /// What the current side covers; `nil` while it is empty.
    public var window: Window?
    public var level: DriftLevel
    /// When the level was first reached without a break.
    public var since: Timestamp?
    /// One sentence for an operator: what it means and what to do.
    public var advice: String

    public struct Samples: Sendable, Hashable, Codable {
        public var reference: Int
        public var current: Int
        public var minimum: Int
        public init(reference: Int, current: Int, minimum: Int) {
            self.reference = reference
            self.current = current
            self.minimum = minimum
        }
    }

    public struct Window: Sendable, Hashable, Codable {
        public var from: Timestamp
        public var to: Timestamp
        public init(from: Timestamp, to: Timestamp) {
            self.from = from
            self.to = to
        }
    }

    public init(
        kind: DriftKind, statistic: String, value: Double? = nil, threshold: Double? = nil, pValue: Double? = nil,
        samples: Samples, window: Window? = nil, level: DriftLevel, since: Timestamp? = nil, advice: String
    ) {
        self.kind = kind
        self.statistic = statistic
        self.value = value
        self.threshold = threshold
        self.pValue = pValue
        self.samples = samples
        self.window = window
        self.level = level
        self.since = since
        self.advice = advice
    }

    /// Whether `threshold` is one of the p-value, whatever the value.
    public var isJudgedByPValue: Bool { statistic == "mmd" || statistic == "ks" }

    enum CodingKeys: String, CodingKey {
        case kind, statistic, value, threshold, samples, window, level, since, advice
        case pValue = "p_value"
    }

    /// Contract: every field is present, `null` where it does not apply.
    public func encode(to encoder: any Encoder) throws {
        var values = encoder.container(keyedBy: CodingKeys.self)
        try values.encode(kind, forKey: .kind)
        try values.encode(statistic, forKey: .statistic)
        try values.encode(value, forKey: .value)
        try values.encode(threshold, forKey: .threshold)
        try values.encode(pValue, forKey: .pValue)
        try values.encode(samples, forKey: .samples)
        try values.encode(window, forKey: .window)
        try values.encode(level, forKey: .level)
        try values.encode(since, forKey: .since)
        try values.encode(advice, forKey: .advice)
    }
}

/// One statistic over time, to be drawn with its threshold.
public struct DriftSeries: Sendable, Hashable, Codable {
    public var kind: DriftKind
    public var statistic: String
    public var threshold: Double?
    /// Oldest first.
    public var points: [Point]

    public struct Point: Sendable, Hashable, Codable {
        public var time: Timestamp
        public var value: Double
        public init(time: Timestamp, value: Double) {
            self.time = time
            self.value = value
        }
    }

    public init(kind: DriftKind, statistic: String, threshold: Double? = nil, points: [Point] = []) {
        self.kind = kind
        self.statistic = statistic
        self.threshold = threshold
        self.points = points
    }
}

/// A drift that was confirmed, or ended, and what was done about it.
public struct DriftEvent: Sendable, Hashable, Codable {
    public var time: Timestamp
    public var kind: DriftKind
    public var level: DriftLevel
    /// What was seen, in words.
    public var message: String
    /// What was done: `update`, `replay` or `warn`; `nil` at the end of a drift.
    public var action: String?
    /// The update it started.
    public var update: String?

    public init(
        time: Timestamp = .now, kind: DriftKind, level: DriftLevel, message: String, action: String? = nil,
        update: String? = nil
    ) {
        self.time = time
        self.kind = kind
        self.level = level
        self.message = message
        self.action = action
        self.update = update
    }
}
