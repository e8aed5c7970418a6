import Hummingbird

typealias RouteHandler = @Sendable (Request, ServiceContext) async throws -> Response

extension Router<ServiceContext> {
    /// Registers the methods a path has; its other methods answer 405 and say which it has.
    func resource(
        _ path: RouterPath, get: RouteHandler? = nil, put: RouteHandler? = nil, post: RouteHandler? = nil,
        delete: RouteHandler? = nil
    ) {
        let handlers: [(method: HTTPRequest.Method, handler: RouteHandler?)] = [
            (.get, get), (.head, get), (.put, put), (.post, post), (.delete, delete), (.patch, nil), (.options, nil),
            (.trace, nil),
        ]
        let allowed = handlers.filter { $0.handler != nil }.map(\.method.rawValue).joined(separator: ", ")
        for (method, handler) in handlers {
            on(path, method: method) { request, context -> Response in
                guard let handler else {
                    throw APIError(
                        status: .methodNotAllowed, kind: .invalidRequest, code: "method_not_allowed",
                        message: "\(method.rawValue) is not possible here; use \(allowed)", headers: [.allow: allowed])
                }
                let response = try await handler(request, context)
                return method == .head ? response.createHeadResponse() : response
            }
        }
    }
}
