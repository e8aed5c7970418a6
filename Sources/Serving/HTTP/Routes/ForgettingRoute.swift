import Hummingbird
import Schema
import Store

/// Fills in the metrics over an accuracy matrix.
public typealias ForgettingMetrics = @Sendable (AccuracyHistory) -> ForgettingReport

/// `GET /v1/tasks/{task}/forgetting`: what was learned, kept and lost.
struct ForgettingRoute: Sendable {
    let store: Store
    let metrics: ForgettingMetrics

    func add(to router: Router<ServiceContext>) {
        router.resource("/v1/tasks/{task}/forgetting", get: show)
    }

    @Sendable private func show(_ request: Request, _ context: ServiceContext) async throws -> Response {
        try .json(metrics(try await store.accuracyHistory(try context.taskName())))
    }
}
