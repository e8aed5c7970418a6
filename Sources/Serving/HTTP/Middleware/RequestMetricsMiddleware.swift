import Hummingbird

/// Counts answers and times them, by route and not by path.
struct RequestMetricsMiddleware: RouterMiddleware {
    typealias Context = ServiceContext

    let metrics: ServiceMetrics

    func handle(
        _ request: Request, context: ServiceContext, next: (Request, ServiceContext) async throws -> Response
    ) async throws -> Response {
        let start = ContinuousClock.now
        let response = try await next(request, context)
        // Only known methods and routes are told apart: nobody outside can make new series.
        let method = Self.methods.contains(request.method) ? request.method.rawValue : "other"
        let route = context.endpointPath.flatMap { $0.hasPrefix("/") ? $0 : nil } ?? "unmatched"
        metrics.requestEnded(
            method: method, route: route, status: response.status.code, seconds: (ContinuousClock.now - start).seconds)
        return response
    }

    private static let methods: Set<HTTPRequest.Method> = [.get, .head, .put, .post, .delete, .patch, .options]
}
