/// One run of learning: from new examples to a verdict.
public struct Update: Sendable, Hashable, Codable, Identifiable {
    public var id: String
    public var task: TaskName
    public var status: UpdateStatus
    public var trigger: UpdateTrigger
    /// 1-based number of the experience it learns; the next one when it ends well, the same again when not.
    public var experience: Int
    public var examples: Examples
    /// 0 to 1 over training and evaluating.
    public var progress: Double
    public var verdict: Verdict?
    /// The version it produced, promoted or rejected.
    public var adapter: AdapterReference?
    public var createdAt: Timestamp
    public var startedAt: Timestamp?
    public var finishedAt: Timestamp?
    /// Why it failed.
    public var error: String?

    public struct Examples: Sendable, Hashable, Codable {
        public var new: Int
        public var replayed: Int
        /// Set aside for review before the update learned anything, held-out ones included.
        public var quarantined: Int
        public init(new: Int = 0, replayed: Int = 0, quarantined: Int = 0) {
            self.new = new
            self.replayed = replayed
            self.quarantined = quarantined
        }
    }

    public init(
        id: String, task: TaskName, status: UpdateStatus = .queued, trigger: UpdateTrigger, experience: Int,
        examples: Examples = Examples(), progress: Double = 0, verdict: Verdict? = nil,
        adapter: AdapterReference? = nil, createdAt: Timestamp = .now, startedAt: Timestamp? = nil,
        finishedAt: Timestamp? = nil, error: String? = nil
    ) {
        self.id = id
        self.task = task
        self.status = status
        self.trigger = trigger
        self.experience = experience
        self.examples = examples
        self.progress = progress
        self.verdict = verdict
        self.adapter = adapter
        self.createdAt = createdAt
        self.startedAt = startedAt
        self.finishedAt = finishedAt
        self.error = error
    }

    enum CodingKeys: String, CodingKey {
        case id, task, status, trigger, experience, examples, progress, verdict, adapter, error
        case createdAt = "created_at"
        case startedAt = "started_at"
        case finishedAt = "finished_at"
    }

    /// Contract: every field is present, `null` where it does not apply yet.
    public func encode(to encoder: any Encoder) throws {
        var values = encoder.container(keyedBy: CodingKeys.self)
        try values.encode(id, forKey: .id)
        try values.encode(task, forKey: .task)
        try values.encode(status, forKey: .status)
        try values.encode(trigger, forKey: .trigger)
        try values.encode(experience, forKey: .experience)
        try values.encode(examples, forKey: .examples)
        try values.encode(progress, forKey: .progress)
        try values.encode(verdict, forKey: .verdict)
        try values.encode(adapter, forKey: .adapter)
        try values.encode(createdAt, forKey: .createdAt)
        try values.encode(startedAt, forKey: .startedAt)
        try values.encode(finishedAt, forKey: .finishedAt)
        try values.encode(error, forKey: .error)
    }
}

public enum UpdateStatus: String, Sendable, Hashable, Codable, CaseIterable {
    case queued, training, evaluating, promoted, rejected, failed, cancelled

    public var isFinal: Bool {
        switch self {
        case .queued, .training, .evaluating: false
        case .promoted, .rejected, .failed, .cancelled: true
        }
    }
}

/// What started an update.
public enum UpdateTrigger: String, Sendable, Hashable, Codable {
    /// Enough new examples.
    case count
    /// The oldest new example waited long enough.
    case age
    /// A user asked.
    case request
    /// A drift was confirmed.
    case drift
    /// A task on the same adapter is updated.
    case shared
}
