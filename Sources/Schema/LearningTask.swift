/// A task as users see it: what it is called, which labels it knows, when it updates.
public struct LearningTask: Sendable, Hashable, Codable {
    public var name: TaskName
    public var kind: TaskKind
    public var description: String?
    /// Declared labels first, then labels in order of arrival.
    public var labels: [String]
    public var update: UpdatePolicy
    /// The adapter it shares with other tasks; `nil` for a task with one of its own.
    public var sharing: SharedAdapter?
    public var createdAt: Timestamp

    public init(
        name: TaskName, kind: TaskKind = .classify, description: String? = nil, labels: [String] = [],
        update: UpdatePolicy = UpdatePolicy(), sharing: SharedAdapter? = nil, createdAt: Timestamp = .now
    ) {
        self.sharing = sharing
        self.name = name
        self.kind = kind
        self.description = description
        self.labels = labels
        self.update = update
        self.createdAt = createdAt
    }

    enum CodingKeys: String, CodingKey {
        case name, kind, description, labels, update, sharing
        case createdAt = "created_at"
    }
}

/// Low-rank updates that several tasks learn and answer by, each with a head of its own.
///
/// An update of one of them is an update of all: it learns from what waits for each and from the memory of each, is
/// judged on the held-out examples of each, and makes one version of each, which are promoted together or not at all.
public struct SharedAdapter: Sendable, Hashable, Codable {
    /// Named as tasks are.
    public var adapter: String
    /// All tasks that share it, by name.
    public var tasks: [TaskName]
    public init(adapter: String, tasks: [TaskName]) {
        self.adapter = adapter
        self.tasks = tasks
    }
}

public enum TaskKind: String, Sendable, Hashable, Codable {
    case classify
}

/// When new examples become an update, and how long their text is kept.
public struct UpdatePolicy: Sendable, Hashable, Codable {
    /// Update as soon as this many new training examples wait.
    public var minimumExamples = 100
    /// … or when the oldest has waited this long, in seconds, …
    public var maximumWaitSeconds = 60.0
    /// … and at least this many wait.
    public var minimumExamplesAfterWait = 10
    /// Share of each label's examples held out for evaluation, never trained on, 0 to 0.5.
    public var holdout = 0.15
    public var retention = Retention.inbox
    /// Learning recipe: a name in `Configs/recipes` or `default`.
    public var recipe = "default"
    /// What its first adapter begins as.
    public var start = AdapterStart.fresh
    /// What a confirmed drift does.
    public var onDrift = DriftAction.warn
    public var drift = DriftOptions()

    public init() {}

    enum CodingKeys: String, CodingKey, CaseIterable {
        case minimumExamples = "min_examples"
        case maximumWaitSeconds = "max_wait_seconds"
        case minimumExamplesAfterWait = "min_examples_after_wait"
        case holdout, retention, recipe, start
        case onDrift = "on_drift"
        case drift
    }

    /// Missing keys keep their defaults; unknown keys are refused where the JSON is read.
    public init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        minimumExamples = try values.decodeIfPresent(Int.self, forKey: .minimumExamples) ?? minimumExamples
        maximumWaitSeconds = try values.decodeIfPresent(Double.self, forKey: .maximumWaitSeconds) ?? maximumWaitSeconds
        minimumExamplesAfterWait =
            try values.decodeIfPresent(Int.self, forKey: .minimumExamplesAfterWait) ?? minimumExamplesAfterWait
        holdout = try values.decodeIfPresent(Double.self, forKey: .holdout) ?? holdout
        retention = try values.decodeIfPresent(Retention.self, forKey: .retention) ?? retention
        recipe = try values.decodeIfPresent(String.self, forKey: .recipe) ?? recipe
        start = try values.decodeIfPresent(AdapterStart.self, forKey: .start) ?? start
        onDrift = try values.decodeIfPresent(DriftAction.self, forKey: .onDrift) ?? onDrift
        drift = try values.decodeIfPresent(DriftOptions.self, forKey: .drift) ?? drift
    }

    public static let keys = CodingKeys.allCases.map(\.rawValue)
}

/// What the first adapter of a task begins as.
public enum AdapterStart: String, Sendable, Hashable, Codable, CaseIterable {
    /// Untrained: the base model's features.
    case fresh
    /// As the low-rank updates of the task whose texts are most like its own.
    case similar
}

/// What becomes of an example's text once an update that consumed it has ended well.
public enum Retention: String, Sendable, Hashable, Codable, CaseIterable {
    /// Dropped; its hash stays for deduplication, and it may live on as an exemplar.
    case inbox
    /// Kept in the ledger.
    case keep
}
