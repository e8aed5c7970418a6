import Hummingbird
import Logging

/// Turns every error into an answer of the contract's shape, and logs what is the service's own fault.
struct ErrorMiddleware: RouterMiddleware {
    typealias Context = ServiceContext

    func handle(
        _ request: Request, context: ServiceContext, next: (Request, ServiceContext) async throws -> Response
    ) async throws -> Response {
        do {
            return try await next(request, context)
        } catch {
            let answer = APIError(error)
            if answer.kind == .server {
                context.logger.error(
                    "a request failed",
                    metadata: [
                        "method": "\(request.method.rawValue)", "route": "\(context.endpointPath ?? "none")",
                        "error": "\(error)",
                    ])
            }
            return try answer.response()
        }
    }
}
