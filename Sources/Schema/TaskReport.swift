/// All that is known of one task, as screens and reports show it.
///
/// Body of `GET /v1/tasks/{task}/report`. What is not known yet is left out of the JSON.
public struct TaskReport: Sendable, Hashable, Codable {
    public var time: Timestamp
    public var task: LearningTask
    /// Oldest first.
    public var versions: [AdapterVersion]
    /// Examples that wait for an update.
    public var waiting: Int
    /// Examples set aside after repeated rejection.
    public var parked: Int
    public var forgetting: ForgettingReport
    /// Newest first.
    public var updates: [Update]
    /// Of the newest update; `nil` before its first step.
    public var curve: TrainingCurve?
    /// When another version came into service, oldest first.
    public var timeline: [TimelineEvent]
    /// Of the champion.
    public var evaluation: EvaluationReport?
    public var replay: ReplayComposition?
    public var drift: DriftReport?

    public init(
        time: Timestamp = .now, task: LearningTask, versions: [AdapterVersion] = [], waiting: Int = 0, parked: Int = 0,
        forgetting: ForgettingReport, updates: [Update] = [], curve: TrainingCurve? = nil,
        timeline: [TimelineEvent] = [], evaluation: EvaluationReport? = nil, replay: ReplayComposition? = nil,
        drift: DriftReport? = nil
    ) {
        self.time = time
        self.task = task
        self.versions = versions
        self.waiting = waiting
        self.parked = parked
        self.forgetting = forgetting
        self.updates = updates
        self.curve = curve
        self.timeline = timeline
        self.evaluation = evaluation
        self.replay = replay
        self.drift = drift
    }

    public var champion: AdapterVersion? { versions.first { $0.state == .champion } }
}

/// A moment at which another version came into service.
public struct TimelineEvent: Sendable, Hashable, Codable {
    public enum Cause: String, Sendable, Hashable, Codable {
        /// The gate promoted what an update had made.
        case update
        /// A user promoted it.
        case promote
        /// A user went back to it.
        case rollback
    }

    public var time: Timestamp
    public var version: String
    public var cause: Cause

    public init(time: Timestamp, version: String, cause: Cause) {
        self.time = time
        self.version = version
        self.cause = cause
    }
}
