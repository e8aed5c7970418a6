import Schema

/// What a task serves: the version behind the alias `champion`, and the replay memory it was trained with.
public struct Champion: Sendable, Hashable {
    public var version: AdapterVersion
    public var replay: ReplayState
    public init(version: AdapterVersion, replay: ReplayState) {
        self.version = version
        self.replay = replay
    }
}

/// A task and what it serves, read in one snapshot of the database.
public struct ServedTask: Sendable, Hashable {
    public var task: LearningTask
    public var champion: AdapterVersion?
    /// The champion's analytic head.
    public var analytic: AnalyticGeneration?
    public init(task: LearningTask, champion: AdapterVersion?, analytic: AnalyticGeneration? = nil) {
        self.task = task
        self.champion = champion
        self.analytic = analytic
    }
}

/// Digests no row refers to any more: their files can be removed.
public struct Garbage: Sendable, Hashable {
    public var adapters: [String]
    public var replayGenerations: [String]
    public var analyticGenerations: [String]
    public init(adapters: [String] = [], replayGenerations: [String] = [], analyticGenerations: [String] = []) {
        self.adapters = adapters
        self.replayGenerations = replayGenerations
        self.analyticGenerations = analyticGenerations
    }
}

/// A task at a glance.
public struct TaskOverview: Sendable, Hashable {
    public var task: LearningTask
    public var champion: AdapterVersion?
    public var versions: Int
    public var pending: PendingExamples
    public var ledger: LedgerCounts
    public var replay: ReplayGeneration?
    /// Newest first.
    public var updates: [Update]
}
