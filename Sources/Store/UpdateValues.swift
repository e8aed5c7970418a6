import Schema

/// Everything an update learns from; the same update claimed again after a crash gets the same again.
public struct UpdateWork: Sendable {
    public var update: Update
    public var task: LearningTask
    /// New examples in order of arrival, without held-out ones.
    public var training: [LedgerExample]
    /// The new slice: judged by, never trained on.
    public var heldOut: [LedgerExample]
    /// Parent of the candidate; `nil` for a task's first adapter.
    public var parent: AdapterVersion?
    public var replay: ReplayState
    /// The parent's analytic head.
    public var analytic: AnalyticGeneration?
    /// How often this update was claimed, 1 the first time.
    public var attempt: Int
    /// By how much a drift raised the replay share when the update began.
    public var replayFactor: Double
    /// The parts of the other tasks on the same adapter, by task name.
    public var sharing: [UpdateWork] = []

    /// Sequence numbers of the first and last training example; `nil` where there is none, which is so only for tasks
    /// that share an adapter.
    public var range: ClosedRange<Int64>? {
        guard let first = training.first, let last = training.last else { return nil }
        return first.sequence...last.sequence
    }
}

/// An example as the ledger keeps it.
public struct LedgerExample: Sendable, Hashable {
    public var sequence: Int64
    public var text: String
    public var label: String
    public var id: String?
    public var source: String?
    public var timestamp: Double?
    /// The label and the experience under which the same text was learned before it was relabelled.
    public var replaced: Replaced?
    /// Found good before, by an update or a reviewer: its label is not doubted again.
    public var isVetted: Bool

    public struct Replaced: Sendable, Hashable {
        public var label: String
        public var experience: Int
        public init(label: String, experience: Int) {
            self.label = label
            self.experience = experience
        }
    }

    public init(
        sequence: Int64, text: String, label: String, id: String? = nil, source: String? = nil,
        timestamp: Double? = nil, replaced: Replaced? = nil, isVetted: Bool = false
    ) {
        self.isVetted = isVetted
        self.replaced = replaced
        self.sequence = sequence
        self.text = text
        self.label = label
        self.id = id
        self.source = source
        self.timestamp = timestamp
    }
}

/// A replay memory as written to disk after an update.
public struct ReplayGeneration: Sendable, Hashable, Codable {
    /// `sha256:` and 64 hexadecimal digits over its file.
    public var digest: String
    public var examples: Int
    /// Stored bytes: text, dictionary, labels, index and checksums.
    public var bytes: Int
    public init(digest: String, examples: Int, bytes: Int) {
        self.digest = digest
        self.examples = examples
        self.bytes = bytes
    }
}

/// The replay memory to read, and the texts a reader drops from it because they were relabelled or replaced since.
public struct ReplayState: Sendable, Hashable {
    /// `nil` when nothing was kept yet.
    public var generation: ReplayGeneration?
    public var removals: Set<ContentHash>
    public init(generation: ReplayGeneration? = nil, removals: Set<ContentHash> = []) {
        self.generation = generation
        self.removals = removals
    }
}

/// A trained adapter the gate has judged.
public struct Candidate: Sendable, Hashable {
    public var digest: String
    public var metrics: AdapterVersion.Metrics
    public var verdict: Verdict
    /// Replayed examples seen in training.
    public var replayed: Int
    /// The candidate on every slice, the new one included.
    public var evaluations: [SliceEvaluation]
    /// What it answered each held-out example with.
    public var answers: [HeldOutAnswer]

    public init(
        digest: String, metrics: AdapterVersion.Metrics, verdict: Verdict, replayed: Int = 0,
        evaluations: [SliceEvaluation] = [], answers: [HeldOutAnswer] = []
    ) {
        self.digest = digest
        self.metrics = metrics
        self.verdict = verdict
        self.replayed = replayed
        self.evaluations = evaluations
        self.answers = answers
    }
}

/// What a version answered one held-out example with.
public struct HeldOutAnswer: Sendable, Hashable {
    /// Sequence number of the example.
    public var example: Int64
    public var label: String
    /// Probability of the label.
    public var score: Double
    public init(example: Int64, label: String, score: Double) {
        self.example = example
        self.label = label
        self.score = score
    }
}

/// What is known of a replay memory besides its file.
public struct ReplayDetail: Sendable, Hashable {
    public var composition: ReplayComposition
    /// How often each exemplar was learned again since it was chosen, by sequence number; without those never.
    public var rehearsals: [Int64: Int]
    public init(composition: ReplayComposition, rehearsals: [Int64: Int]) {
        self.composition = composition
        self.rehearsals = rehearsals
    }
}

/// What a promotion writes besides the candidate.
public struct Promotion: Sendable, Hashable {
    public var candidate: Candidate
    /// The replay memory after this update; `nil` when the recipe keeps none.
    public var replay: ReplayGeneration?
    public var replayDetail: ReplayDetail?
    /// The analytic head after this update; `nil` when the recipe has none.
    public var analytic: AnalyticGeneration?
    /// The parent on the new slice, before learning it: `R[i-1,i]` of forward transfer.
    public var parentOnNewSlice: SliceEvaluation?
    /// The untrained model on the new slice: `b[i]` of forward transfer.
    public var untrainedOnNewSlice: SliceEvaluation?
    /// What the task keeps to be judged by from now on.
    public var heldOutLimits: HeldOutLimits

    public init(
        candidate: Candidate, replay: ReplayGeneration?, replayDetail: ReplayDetail? = nil,
        analytic: AnalyticGeneration? = nil, parentOnNewSlice: SliceEvaluation? = nil,
        untrainedOnNewSlice: SliceEvaluation? = nil, heldOutLimits: HeldOutLimits = HeldOutLimits()
    ) {
        self.heldOutLimits = heldOutLimits
        self.candidate = candidate
        self.replay = replay
        self.replayDetail = replayDetail
        self.analytic = analytic
        self.parentOnNewSlice = parentOnNewSlice
        self.untrainedOnNewSlice = untrainedOnNewSlice
    }
}
