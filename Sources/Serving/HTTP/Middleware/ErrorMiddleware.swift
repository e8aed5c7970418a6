import Hummingbird
import Logging

/// Turns every error into an answer of the contract's shape, and logs it: what is the service's own fault as an error.
struct ErrorMiddleware: RouterMiddleware {
    typealias Context = ServiceContext

    func handle(
        _ request: Request, context: ServiceContext, next: (Request, ServiceContext) async throws -> Response
    ) async throws -> Response {
        do {
            return try await next(request, context)
        } catch {
            let answer = APIError(error)
            var metadata: Logger.Metadata = [
                "method": "\(request.method.rawValue)", "route": "\(context.endpointPath ?? "none")",
            ]
            if answer.kind == .server {
                metadata["error"] = "\(error)"
                context.logger.error("a request failed", metadata: metadata)
            } else {
                // Not its message, which may quote the request.
                metadata["code"] = "\(answer.code)"
                context.logger.debug("a request was refused", metadata: metadata)
            }
            return try answer.response()
        }
    }
}
