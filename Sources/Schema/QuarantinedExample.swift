/// Why a new example's label is doubted.
public struct Suspicion: Sendable, Hashable, Codable {
    /// −log of the probability that the champion gives the label.
    public var loss: Double
    /// Share of its nearest neighbours that have another label.
    public var disagreement: Double
    /// What the champion answers.
    public var suggested: String
    /// Share of held-out examples that look at least as odd: at most the recipe's `quarantine.false_alarms`.
    public var pValue: Double

    public init(loss: Double, disagreement: Double, suggested: String, pValue: Double) {
        self.loss = loss
        self.disagreement = disagreement
        self.suggested = suggested
        self.pValue = pValue
    }

    enum CodingKeys: String, CodingKey {
        case loss, disagreement, suggested
        case pValue = "p_value"
    }
}

/// An example set aside for review: neither trained on nor judged by until it is released.
public struct QuarantinedExample: Sendable, Hashable, Codable {
    public var sequence: Int64
    public var text: String
    public var label: String
    public var id: String?
    public var source: String?
    public var suspicion: Suspicion
    /// That set it aside.
    public var update: String
    public var since: Timestamp

    public init(
        sequence: Int64, text: String, label: String, id: String? = nil, source: String? = nil, suspicion: Suspicion,
        update: String, since: Timestamp
    ) {
        self.sequence = sequence
        self.text = text
        self.label = label
        self.id = id
        self.source = source
        self.suspicion = suspicion
        self.update = update
        self.since = since
    }

    enum CodingKeys: CodingKey { case sequence, text, label, id, source, suspicion, update, since }

    /// Every field is present, `null` where it does not apply.
    public func encode(to encoder: any Encoder) throws {
        var values = encoder.container(keyedBy: CodingKeys.self)
        try values.encode(sequence, forKey: .sequence)
        try values.encode(text, forKey: .text)
        try values.encode(label, forKey: .label)
        try values.encode(id, forKey: .id)
        try values.encode(source, forKey: .source)
        try values.encode(suspicion, forKey: .suspicion)
        try values.encode(update, forKey: .update)
        try values.encode(since, forKey: .since)
    }
}

/// How often examples of a task were set aside, and what became of them since.
public struct QuarantineCounts: Sendable, Hashable, Codable {
    /// Ever.
    public var setAside = 0
    public var released = 0
    public var dropped = 0
    public init(setAside: Int = 0, released: Int = 0, dropped: Int = 0) {
        self.setAside = setAside
        self.released = released
        self.dropped = dropped
    }
}
