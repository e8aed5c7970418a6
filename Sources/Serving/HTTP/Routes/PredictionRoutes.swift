import Foundation
import Hummingbird
import Schema
import Store

/// `POST /v1/tasks/{task}/predict`: texts in, labels out.
///
/// A request is resolved to one adapter version before anything is computed and answered by it from first to last,
/// whatever is promoted meanwhile.
struct PredictionRoutes: Sendable {
    let store: Store
    let engine: InferenceEngine
    let cache: AdapterCache
    let refresher: SnapshotRefresher
    let instant: InstantHeads
    let maximumInputs: Int
    /// How long the first answers of a task wait for its examples to be counted: those of other tasks may come before.
    let patience: Duration
    /// Whether answers wait instead until every example that is there counts.
    let waitsForExamples: Bool
    let drift: DriftMonitor
    let memory: PredictionMemory

    func add(to router: Router<ServiceContext>) {
        router.resource("/v1/tasks/{task}/predict", post: predict)
    }

    @Sendable private func predict(_ request: Request, _ context: ServiceContext) async throws -> Response {
        let task = try context.taskName()
        let body = try PredictionRequest(try await request.jsonObject(), maximumInputs: maximumInputs)
        return try .json(try await answer(body, task: task, by: try await served(body.adapter, task: task)))
    }

    /// The version that answers a request.
    func served(_ selector: AdapterSelector, task: TaskName) async throws -> ServedVersion {
        guard let classifier = engine.loadedClassifier else { throw ServingError.notReady }
        return try await resolve(selector, of: task, classifier)
    }

    /// A version's answer, remembered for feedback and observed for drift.
    func answer(
        _ body: PredictionRequest, task: TaskName, by version: ServedVersion
    ) async throws -> PredictionAnswer {
        guard let classifier = engine.loadedClassifier else { throw ServingError.notReady }
        let inputs = try body.inputs.map {
            try version.input($0, maximumLength: instant.maximumLength(of: task), for: classifier)
        }
        let rows = try await engine.probabilities(inputs)
        let answer = PredictionAnswer(
            id: "pred-\(UUID().uuidString.lowercased())", task: task, version: version, scores: rows,
            topK: body.topK, tokens: inputs.reduce(0) { $0 + $1.tokens.count })
        drift.predicted(answer, inputs)
        memory.remember(answer, texts: body.inputs)
        return answer
    }

    private func resolve(
        _ selector: AdapterSelector, of task: TaskName, _ classifier: any TextClassifier
    ) async throws -> ServedVersion {
        if waitsForExamples, selector == .champion {
            await instant.caughtUp(with: try await store.lastSequence(), of: task)
        }
        let known = refresher.snapshot.current?.tasks[task]
        if let champion = known?.champion, champion.matches(selector) {
            return selector == .champion ? champion.with(instant.head(of: task)) : champion
        }
        if selector == .champion, let known, known.failure == nil, let head = readyHead(of: task), head.base == nil {
            return ServedVersion(instant: head)
        }
        guard selector == .champion else {
            return try await load(try await store.version(task, selector), of: task, classifier)
        }
        // The snapshot may be a moment behind another process.
        try await refresher.refresh()
        guard let entry = refresher.snapshot.current?.tasks[task] else { throw StoreError.unknownTask(task) }
        if let champion = entry.champion { return champion.with(instant.head(of: task)) }
        if let failure = entry.failure {
            throw APIError.unavailable(code: "adapter_unusable", failure, retryAfterSeconds: 10)
        }
        if let head = try await instantHead(of: entry.task) { return ServedVersion(instant: head) }
        throw try await noAdapter(entry.task)
    }

    /// A version that is asked for by name.
    private func load(
        _ version: AdapterVersion, of task: TaskName, _ classifier: any TextClassifier
    ) async throws -> ServedVersion {
        let generation = try await store.analytic(task, version: version.version)
        do {
            let adapter = try await cache.adapter(version.digest, from: classifier)
            let head = try await cache.analytic(generation, store.home, from: classifier)
            return ServedVersion(version, adapter: adapter, generation: generation, analytic: head)
        } catch let error as ServingError {
            throw error
        } catch {
            throw APIError.unavailable(
                code: "adapter_unusable", "\(version.version) does not load: \(error)", retryAfterSeconds: 10)
        }
    }

    /// A head that knows all open examples, or has been made for longer than anyone waits for that.
    private func readyHead(of task: TaskName) -> InstantHead? {
        guard let head = instant.head(of: task) else { return nil }
        if let begun = head.begun, .now < begun + patience { return nil }
        return head
    }

    /// What answers a task without an adapter, once the examples that are here by now count or the patience is at its end;
    /// `nil` where there is nothing to count.
    private func instantHead(of task: LearningTask) async throws -> InstantHead? {
        if let head = readyHead(of: task.name) { return head }
        guard instant.learns(task), try await store.hasOpenExamples(task.name) else { return nil }
        let last = try await store.lastSequence()
        let end = (instant.head(of: task.name)?.begun ?? .now) + patience
        let isCaughtUp = await withTaskGroup(of: Bool.self) { group in
            group.addTask {
                await instant.caughtUp(with: last, of: task.name)
                return true
            }
            group.addTask {
                try? await Task.sleep(until: end, clock: .continuous)
                return false
            }
            defer { group.cancelAll() }
            return await group.next() ?? false
        }
        let head = instant.head(of: task.name)
        guard head != nil || isCaughtUp else {
            throw APIError.unavailable(
                code: "not_ready",
                "the examples of task \"\(task.name)\" are still being counted, behind those of others; ask again shortly"
            )
        }
        return head
    }

    /// What is missing until the task can answer.
    private func noAdapter(_ task: LearningTask) async throws -> APIError {
        let route = "/v1/tasks/\(task.name)"
        if let version = try await store.versions(task.name).last(where: { $0.state == .retired })?.version {
            return .conflict(
                code: "no_adapter",
                "task \"\(task.name)\" has versions, but none serves; promote one, such as the newest with "
                    + "POST \(route)/adapters/\(version)/promote")
        }
        let pending = try await store.pending(task.name)
        if pending.training == 0, instant.learns(task) {
            return .conflict(
                code: "no_adapter",
                "task \"\(task.name)\" has neither an adapter nor an example to answer by; send one with its label to "
                    + "POST \(route)/examples")
        }
        let needed = task.update.minimumExamples
        var message = "task \"\(task.name)\" has no adapter yet: \(pending.training) examples wait to be learned, "
        message += "\(needed) start an update"
        if pending.training < needed { message += "; send \(needed - pending.training) more" }
        if pending.training > 0 { message += ", or ask for an update now with POST \(route)/updates" }
        return .conflict(code: "no_adapter", message)
    }
}
