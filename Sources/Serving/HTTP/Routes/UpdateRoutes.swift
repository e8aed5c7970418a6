import Hummingbird
import Store

/// `/v1/tasks/{task}/updates` and `/v1/updates/{id}`: runs of learning.
struct UpdateRoutes: Sendable {
    let store: Store

    func add(to router: Router<ServiceContext>) {
        router.resource("/v1/tasks/{task}/updates", get: list, post: ask)
        router.resource("/v1/updates/{id}", get: show)
        router.resource("/v1/updates/{id}/cancel", post: cancel)
    }

    /// Newest first, 100 of them or `limit`.
    @Sendable private func list(_ request: Request, _ context: ServiceContext) async throws -> Response {
        return try .json(
            ObjectList(data: try await store.updates(try context.taskName(), limit: try request.limit(or: 100))))
    }

    @Sendable private func ask(_ request: Request, _ context: ServiceContext) async throws -> Response {
        let task = try context.taskName()
        try await request.jsonObject(isOptional: true).finish()
        return try .json(try await store.requestUpdate(task), status: .accepted)
    }

    @Sendable private func show(_ request: Request, _ context: ServiceContext) async throws -> Response {
        try .json(try await store.update(context.parameter("id")))
    }

    @Sendable private func cancel(_ request: Request, _ context: ServiceContext) async throws -> Response {
        try await request.jsonObject(isOptional: true).finish()
        return try .json(try await store.cancel(context.parameter("id")))
    }
}
