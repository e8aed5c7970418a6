import Adapters
import Hummingbird
import Schema
import Store

/// What screens and reports show, as JSON: `/v1/overview`, `/v1/tasks/{task}/report`, and the details behind it.
struct ReportRoutes: Sendable {
    let store: Store
    let reporter: Reporter

    func add(to router: Router<ServiceContext>) {
        router.resource("/v1/overview", get: overview)
        router.resource("/v1/tasks/{task}/report", get: report)
        router.resource("/v1/tasks/{task}/adapters/{version}", get: detail)
        router.resource("/v1/tasks/{task}/adapters/{version}/evaluation", get: evaluation)
        router.resource("/v1/tasks/{task}/adapters/{version}/compare/{other}", get: compare)
        router.resource("/v1/updates/{id}/curve", get: curve)
    }

    @Sendable private func overview(_ request: Request, _ context: ServiceContext) async throws -> Response {
        try .json(try await reporter.overview())
    }

    @Sendable private func report(_ request: Request, _ context: ServiceContext) async throws -> Response {
        try .json(try await reporter.report(try context.taskName()))
    }

    @Sendable private func detail(_ request: Request, _ context: ServiceContext) async throws -> Response {
        let selector = try AdapterSelector(context.parameter("version"))
        let version = try await store.version(try context.taskName(), selector)
        let (labels, lineage) = try AdapterFiles.origin(in: store.home.adapter(version.digest))
        return try .json(
            AdapterDetail(
                version: version, labels: labels,
                lineage: AdapterDetail.Lineage(
                    base: lineage.base.name, baseDigest: lineage.base.digest, parent: lineage.parent,
                    firstExample: lineage.ledger?.first, lastExample: lineage.ledger?.last,
                    replay: lineage.replayGeneration, recipe: lineage.recipe.name, seed: lineage.recipe.seed)))
    }

    @Sendable private func evaluation(_ request: Request, _ context: ServiceContext) async throws -> Response {
        let task = try context.taskName()
        let version = try context.parameter("version")
        guard let evaluation = try await store.evaluation(task, AdapterSelector(version)) else {
            throw APIError.conflict(
                code: "no_evaluation",
                "what \(version) of task \"\(task)\" answered was not recorded; versions made by an update from now on have it"
            )
        }
        return try .json(evaluation)
    }

    @Sendable private func compare(_ request: Request, _ context: ServiceContext) async throws -> Response {
        let from = try AdapterSelector(context.parameter("version"))
        let to = try AdapterSelector(context.parameter("other"))
        return try .json(try await store.comparison(try context.taskName(), from: from, to: to))
    }

    @Sendable private func curve(_ request: Request, _ context: ServiceContext) async throws -> Response {
        let id = try context.parameter("id")
        guard let curve = try await store.trainingCurve(id) else {
            throw APIError.conflict(
                code: "no_curve", "update \"\(id)\" has no training curve: it has not begun, or is too old")
        }
        return try .json(curve)
    }
}
