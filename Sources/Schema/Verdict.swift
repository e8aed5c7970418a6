/// What the gate decided about a candidate, and on what evidence.
public struct Verdict: Sendable, Hashable, Codable {
    public var decision: Decision
    /// In words, for an operator: which slice fell by how much, of how many examples.
    public var reason: String
    public var slices: [SliceComparison]
    /// 1-based attempt; each retry doubles the replay.
    public var attempt: Int
    public var tolerance: Double
    public var confidence: Double
    /// What the candidate came to; `nil` where that was not recorded.
    public var learning: Learning?

    public enum Decision: String, Sendable, Hashable, Codable { case promote, reject, retry }

    public enum Learning: String, Sendable, Hashable, Codable {
        /// What answered before answers on, with the new examples in the analytic head alone.
        case kept
        /// Gradient steps on new and replayed examples.
        case trained
        /// … and more of them on all layers.
        case deepened
    }

    /// Reason and learning in words.
    public var summary: String {
        switch learning {
        case .kept: reason + " (learned by the analytic head alone)"
        case .trained: reason + " (trained)"
        case .deepened: reason + " (trained, then on all layers)"
        case nil: reason
        }
    }

    public init(
        decision: Decision, reason: String, slices: [SliceComparison], attempt: Int = 1, tolerance: Double,
        confidence: Double
    ) {
        self.decision = decision
        self.reason = reason
        self.slices = slices
        self.attempt = attempt
        self.tolerance = tolerance
        self.confidence = confidence
    }
}

/// Candidate against champion on the same held-out examples of one slice.
public struct SliceComparison: Sendable, Hashable, Codable {
    /// Experience the slice was held out from.
    public var experience: Int
    public var isNew: Bool
    public var examples: Int
    /// Accuracy, 0 to 1; `nil` where there is no champion.
    public var champion: Double?
    public var candidate: Double
    /// Examples that the champion answered right and the candidate wrong, and the other way round; `nil` where there is
    /// no champion.
    public var lost: Int?
    public var gained: Int?
    /// One-sided p-value of "the drop exceeds the tolerance", adjusted to the number of slices tested; `nil` where
    /// not tested.
    public var pValue: Double?

    public init(
        experience: Int, isNew: Bool, examples: Int, champion: Double?, candidate: Double, lost: Int? = nil,
        gained: Int? = nil, pValue: Double? = nil
    ) {
        self.lost = lost
        self.gained = gained
        self.experience = experience
        self.isNew = isNew
        self.examples = examples
        self.champion = champion
        self.candidate = candidate
        self.pValue = pValue
    }

    enum CodingKeys: String, CodingKey {
        case experience
        case isNew = "new"
        case examples, champion, candidate, lost, gained
        case pValue = "p_value"
    }
}
