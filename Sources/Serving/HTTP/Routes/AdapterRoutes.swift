import Adapters
import Hummingbird
import Schema
import Store

/// `/v1/tasks/{task}/adapters`: versions, and which of them serves.
struct AdapterRoutes: Sendable {
    let store: Store
    let engine: InferenceEngine
    let cache: AdapterCache
    let refresher: SnapshotRefresher

    func add(to router: Router<ServiceContext>) {
        router.resource("/v1/tasks/{task}/adapters", get: list)
        router.resource("/v1/tasks/{task}/adapters/{version}/promote", post: promote)
        router.resource("/v1/tasks/{task}/rollback", post: rollback)
    }

    @Sendable private func list(_ request: Request, _ context: ServiceContext) async throws -> Response {
        try .json(ObjectList(data: try await store.versions(try context.taskName())))
    }

    /// Answers once the version serves. `{"force": true}` takes one that the gate rejected.
    @Sendable private func promote(_ request: Request, _ context: ServiceContext) async throws -> Response {
        let task = try context.taskName()
        let selector = try AdapterSelector(context.parameter("version"))
        var body = try await request.jsonObject(isOptional: true)
        let force = try body.boolean("force") ?? false
        try body.finish()
        try await load(try await store.version(task, selector), of: task)
        let version = try await store.promote(task, selector, force: force)
        return try await serving(version, task)
    }

    /// Answers once the version before serves.
    @Sendable private func rollback(_ request: Request, _ context: ServiceContext) async throws -> Response {
        let task = try context.taskName()
        try await request.jsonObject(isOptional: true).finish()
        try await load(try await store.previousVersion(task), of: task)
        let version = try await store.rollback(task)
        return try await serving(version, task)
    }

    /// Before the alias is moved: one that cannot answer is not to be named the champion, nor one that moves with it.
    private func load(_ version: AdapterVersion, of task: TaskName) async throws {
        var versions = try await store.madeTogether(with: version, of: task)
        versions[task] = version
        for (name, version) in versions.sorted(by: { $0.key < $1.key }) {
            do {
                let generation = try await store.analytic(name, version: version.version)
                try await cache.check(generation, in: store.home)
                guard let classifier = engine.loadedClassifier else {
                    // What can be said without a base model, as by a command on the home directory.
                    _ = try AdapterStore(directory: store.home.adapters).files(of: ContentDigest(version.digest))
                    continue
                }
                _ = try await cache.adapter(version.digest, from: classifier)
                _ = try await cache.analytic(generation, store.home, from: classifier)
            } catch let error as ServingError {
                throw error
            } catch {
                let named = name == task ? version.version : "\(version.version) of task \"\(name)\""
                throw APIError.conflict(
                    code: "adapter_unusable", "\(named) does not load: \(error); what served before serves on")
            }
        }
    }

    private func serving(_ version: AdapterVersion, _ task: TaskName) async throws -> Response {
        try await refresher.refresh()
        if let failure = refresher.snapshot.current?.tasks[task]?.failure {
            throw APIError.unavailable(
                code: "adapter_unusable", "\(failure); what served before serves on until another version is promoted",
                retryAfterSeconds: 10)
        }
        return try .json(version)
    }
}
