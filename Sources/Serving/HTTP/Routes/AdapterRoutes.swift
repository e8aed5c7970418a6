import Hummingbird
import Schema
import Store

/// `/v1/tasks/{task}/adapters`: versions, and which of them serves.
struct AdapterRoutes: Sendable {
    let store: Store
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
        let selector = try AdapterSelector(context.parameters.require("version"))
        var body = try await request.jsonObject(isOptional: true)
        let force = try body.boolean("force") ?? false
        try body.finish()
        let version = try await store.promote(task, selector, force: force)
        try await refresher.refresh()
        return try .json(version)
    }

    /// Answers once the version before serves.
    @Sendable private func rollback(_ request: Request, _ context: ServiceContext) async throws -> Response {
        let task = try context.taskName()
        try await request.jsonObject(isOptional: true).finish()
        let version = try await store.rollback(task)
        try await refresher.refresh()
        return try .json(version)
    }
}
