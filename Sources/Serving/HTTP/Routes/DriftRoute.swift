import Hummingbird
import Store

/// `GET /v1/tasks/{task}/drift`: whether live traffic and arriving examples still resemble what was learned.
struct DriftRoute: Sendable {
    let store: Store

    func add(to router: Router<ServiceContext>) {
        router.resource("/v1/tasks/{task}/drift", get: show)
    }

    @Sendable private func show(_ request: Request, _ context: ServiceContext) async throws -> Response {
        try .json(try await store.drift(try context.taskName()))
    }
}
