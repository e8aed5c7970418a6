import Schema

public final class Store: Sendable {
    public let home: Home
    /// Opens the home's database, and makes both where they are missing.
    public init(home: Home, heldOutLimits: HeldOutLimits = HeldOutLimits()) throws { self.home = home }
    /// Waits for what is under way and closes the database.
    public func close() throws {}
    /// Changes whenever another connection, of this process or another, has committed.
    public func dataVersion() async throws -> Int64 { throw Self.missing }
    static let missing = StoreError.database(path: "", reason: "not written yet")
}

extension Store {
    /// Creates or changes a task; what is `nil` keeps its value, or gets its default.
    public func putTask(
        _ name: TaskName, kind: TaskKind = .classify, labels: [String]? = nil, description: String? = nil,
        update: UpdatePolicy? = nil
    ) async throws -> (task: LearningTask, created: Bool) { throw Self.missing }
    public func tasks() async throws -> [LearningTask] { throw Self.missing }
    public func task(_ name: TaskName) async throws -> LearningTask { throw Self.missing }
    public func deleteTask(_ name: TaskName) async throws -> Garbage { throw Self.missing }
    /// Tasks and champions in one snapshot.
    public func served() async throws -> [ServedTask] { throw Self.missing }
    public func overview(updates: Int = 10) async throws -> [TaskOverview] { throw Self.missing }

    /// Durable once it returns.
    public func append(_ batch: LedgerBatch, to task: TaskName) async throws -> LedgerAnswer { throw Self.missing }
    public func pending(_ task: TaskName) async throws -> PendingExamples { throw Self.missing }
    public func counts(_ task: TaskName) async throws -> LedgerCounts { throw Self.missing }
    public func releaseParked(_ task: TaskName) async throws -> Int { throw Self.missing }

    public func requestUpdate(_ task: TaskName, trigger: UpdateTrigger = .request) async throws -> Update {
        throw Self.missing
    }
    public func claimNextUpdate(limit: Int? = nil) async throws -> UpdateWork? { throw Self.missing }
    /// Only for the one worker, when it starts: what an earlier worker left is queued again.
    public func recoverUpdates() async throws -> [Update] { throw Self.missing }
    /// Throws `updateNotRunning` when it was cancelled meanwhile.
    public func advance(
        _ id: String, to status: UpdateStatus, progress: Double, replayed: Int? = nil
    ) async throws { throw Self.missing }
    public func promote(_ id: String, _ promotion: Promotion) async throws -> AdapterVersion { throw Self.missing }
    /// `candidate` in whole or only the verdict, when no adapter was kept.
    public func reject(_ id: String, _ candidate: Candidate) async throws -> AdapterVersion { throw Self.missing }
    public func fail(_ id: String, error: String) async throws -> Update { throw Self.missing }
    public func cancel(_ id: String) async throws -> Update { throw Self.missing }
    /// Newest first.
    public func updates(_ task: TaskName, limit: Int = 100) async throws -> [Update] { throw Self.missing }
    public func update(_ id: String) async throws -> Update { throw Self.missing }

    /// Oldest first.
    public func versions(_ task: TaskName) async throws -> [AdapterVersion] { throw Self.missing }
    public func version(_ task: TaskName, _ selector: AdapterSelector) async throws -> AdapterVersion {
        throw Self.missing
    }
    public func champion(_ task: TaskName) async throws -> Champion? { throw Self.missing }
    /// By hand.
    public func promote(_ task: TaskName, _ selector: AdapterSelector, force: Bool = false) async throws
        -> AdapterVersion
    { throw Self.missing }
    public func rollback(_ task: TaskName) async throws -> AdapterVersion { throw Self.missing }
    public func importVersion(_ task: TaskName, digest: String, metrics: AdapterVersion.Metrics) async throws
        -> AdapterVersion
    { throw Self.missing }
    public func collectGarbage(_ task: TaskName, keeping: Int = 10) async throws -> Garbage { throw Self.missing }
    /// Every digest some row refers to, for a sweep of files that a crash left behind.
    public func referencedDigests() async throws -> (adapters: Set<String>, replayGenerations: Set<String>) {
        throw Self.missing
    }

    public func slices(_ task: TaskName) async throws -> [HeldOutSlice] { throw Self.missing }
    public func accuracyHistory(_ task: TaskName) async throws -> AccuracyHistory { throw Self.missing }
}
