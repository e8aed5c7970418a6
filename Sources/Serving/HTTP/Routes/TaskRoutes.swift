import Hummingbird
import Logging
import Schema
import Store

/// `/v1/tasks`: what is learned.
struct TaskRoutes: Sendable {
    let store: Store
    let refresher: SnapshotRefresher
    let metrics: ServiceMetrics
    /// Why a task cannot name a recipe; `nil` where it can.
    let recipeProblem: @Sendable (String) -> String?
    /// The recipe of a name; `nil` where there is no such recipe.
    let recipe: @Sendable (String) -> Recipe?

    func add(to router: Router<ServiceContext>) {
        router.resource("/v1/tasks", get: list)
        router.resource("/v1/tasks/{task}", get: show, put: put, delete: delete)
    }

    @Sendable private func list(_ request: Request, _ context: ServiceContext) async throws -> Response {
        try .json(ObjectList(data: try await store.tasks()))
    }

    @Sendable private func show(_ request: Request, _ context: ServiceContext) async throws -> Response {
        let name = try context.taskName()
        let task = try await store.task(name)
        let champion = try await store.champion(name)?.version
        return try .json(
            TaskAnswer(
                task: task, adapter: champion.map { AdapterReference(version: $0.version, digest: $0.digest) },
                pending: try await store.pending(name)))
    }

    @Sendable private func put(_ request: Request, _ context: ServiceContext) async throws -> Response {
        let name = try context.taskName()
        var body = try await request.jsonObject()
        guard let kindName = try body.string("kind") else { throw body.missing("kind", "\"classify\"") }
        guard let kind = TaskKind(rawValue: kindName) else {
            throw APIError.invalid("kind", code: "invalid_value", "\"kind\" must be \"classify\"")
        }
        let labels = try body.strings("labels")
        let description = try body.string("description")
        let adapter = try body.string("adapter")
        let changes = try body.object("update")
        try body.finish()
        if let adapter, !TaskName.isValid(adapter) {
            throw APIError.invalid(
                "adapter", code: "invalid_value",
                "adapter \"\(adapter)\" is not a valid name; use 1 to 64 of a-z, 0-9, '.', '_', '-', starting with a letter or digit"
            )
        }
        let present = try await existing(name)
        let sharing = adapter ?? present?.sharing?.adapter
        let before = try await store.initialPolicy(adapter: sharing)
        var policy = present?.update ?? before
        var change: (@Sendable (UpdatePolicy) throws -> UpdatePolicy)?
        if let changes {
            // What is wrong with the changes is wrong with them on top of any policy.
            policy = try policy.changed(by: changes, recipeProblem: recipeProblem)
            change = { policy in try policy.changed(by: changes) }
        }
        if sharing != nil { try check(shareable: policy.recipe) }
        let (task, created) = try await store.putTask(
            name, kind: kind, labels: labels, description: description, adapter: adapter, changing: change)
        try await refresher.refresh()
        return try .json(task, status: created ? .created : .ok)
    }

    @Sendable private func delete(_ request: Request, _ context: ServiceContext) async throws -> Response {
        let name = try context.taskName()
        let garbage = try await store.deleteTask(name)
        metrics.forget(name)
        do {
            // At once: until then another process may take in an adapter of the same content.
            try store.home.remove(garbage)
        } catch {
            // The task is gone all the same; a later sweep finds the files.
            context.logger.warning(
                "files of a deleted task remain", metadata: ["task": "\(name)", "error": "\(error)"])
        }
        try await refresher.refresh()
        return try .json(Deletion(task: name))
    }

    private func check(shareable name: String) throws(APIError) {
        guard let problem = recipe(name)?.sharingProblem else { return }
        throw .invalid("update.recipe", code: "invalid_value", problem)
    }

    private func existing(_ name: TaskName) async throws -> LearningTask? {
        do { return try await store.task(name) } catch StoreError.unknownTask { return nil }
    }

    private struct Deletion: Encodable {
        var object = "task"
        var task: TaskName
        var deleted = true
    }
}

/// A task, what it serves and what waits to be learned.
private struct TaskAnswer: Encodable {
    var task: LearningTask
    var adapter: AdapterReference?
    var pending: PendingExamples

    private enum CodingKeys: CodingKey { case adapter, pending }

    func encode(to encoder: any Encoder) throws {
        try task.encode(to: encoder)
        var values = encoder.container(keyedBy: CodingKeys.self)
        try values.encode(adapter, forKey: .adapter)
        try values.encode(pending, forKey: .pending)
    }
}

extension UpdatePolicy {
    /// This policy with what `changes` says; what it does not say stays.
    func changed(
        by changes: JSONObject, recipeProblem: (String) -> String? = { _ in nil }
    ) throws(APIError) -> UpdatePolicy {
        var changes = changes
        var policy = self
        policy.minimumExamples = try changes.integer("min_examples", in: 1...1_000_000) ?? minimumExamples
        policy.maximumWaitSeconds = try changes.number("max_wait_seconds", in: 0...31_536_000) ?? maximumWaitSeconds
        policy.minimumExamplesAfterWait =
            try changes.integer("min_examples_after_wait", in: 1...1_000_000) ?? minimumExamplesAfterWait
        policy.holdout = try changes.number("holdout", in: 0...0.5) ?? holdout
        if let name = try changes.string("retention") {
            guard let retention = Retention(rawValue: name) else {
                throw .invalid(
                    "update.retention", code: "invalid_value", "\"update.retention\" must be \"inbox\" or \"keep\"")
            }
            policy.retention = retention
        }
        if let name = try changes.string("recipe") {
            if let problem = recipeProblem(name) {
                throw .invalid("update.recipe", code: "invalid_value", "\"update.recipe\" \(problem)")
            }
            policy.recipe = name
        }
        if let name = try changes.string("start") {
            guard let start = AdapterStart(rawValue: name) else {
                throw .invalid(
                    "update.start", code: "invalid_value", "\"update.start\" must be \"fresh\" or \"similar\"")
            }
            policy.start = start
        }
        if let name = try changes.string("on_drift") {
            guard let action = DriftAction(rawValue: name) else {
                throw .invalid(
                    "update.on_drift", code: "invalid_value",
                    "\"update.on_drift\" must be \"update\", \"replay\" or \"warn\"")
            }
            policy.onDrift = action
        }
        if let options = try changes.object("drift") { policy.drift = try policy.drift.changed(by: options) }
        try changes.finish()
        return policy
    }
}

extension DriftOptions {
    /// These options with what `changes` says; how numbers that need not be whole are bounded, and by one another, is
    /// checked where the task is stored.
    func changed(by changes: JSONObject) throws(APIError) -> DriftOptions {
        var changes = changes
        var options = self
        let any = -Double.infinity...Double.infinity
        options.isEnabled = try changes.boolean("enabled") ?? isEnabled
        options.window = try changes.integer("window", in: Self.windows) ?? window
        options.minimumSample = try changes.integer("min_sample", in: Self.minimumSamples) ?? minimumSample
        options.pValue = try changes.number("p_value", in: any) ?? pValue
        options.stabilityWatch = try changes.number("psi_watch", in: any) ?? stabilityWatch
        options.stability = try changes.number("psi", in: any) ?? stability
        options.jensenShannon = try changes.number("js", in: any) ?? jensenShannon
        options.areaUnderCurve = try changes.number("auc", in: any) ?? areaUnderCurve
        options.adwinDelta = try changes.number("adwin_delta", in: any) ?? adwinDelta
        options.pageHinkley = try changes.number("page_hinkley", in: any) ?? pageHinkley
        options.accuracyDrop = try changes.number("accuracy_drop", in: any) ?? accuracyDrop
        options.calibrationError = try changes.number("calibration_error", in: any) ?? calibrationError
        options.newLabels = try changes.integer("new_labels", in: Self.newLabelCounts) ?? newLabels
        try changes.finish()
        return options
    }
}
