import Hummingbird

/// `/healthz`: the process answers. `/readyz`: the base model is loaded and what is to be served is known.
struct HealthRoutes: Sendable {
    let refresher: SnapshotRefresher

    func add(to router: Router<ServiceContext>) {
        router.resource("/healthz", get: healthy)
        router.resource("/readyz", get: ready)
    }

    @Sendable private func healthy(_ request: Request, _ context: ServiceContext) async throws -> Response {
        try .json(Health(status: "ok"))
    }

    @Sendable private func ready(_ request: Request, _ context: ServiceContext) async throws -> Response {
        guard refresher.snapshot.current != nil else { throw ServingError.notReady }
        return try .json(Health(status: "ready"))
    }

    private struct Health: Encodable {
        var status: String
    }
}
