import Hummingbird

typealias RouteHandler = @Sendable (Request, ServiceContext) async throws -> Response

extension Router<ServiceContext> {
    /// Registers the methods a path has; its other methods answer 405 and say which it has.
    func resource(
        _ path: RouterPath, get: RouteHandler? = nil, put: RouteHandler? = nil, post: RouteHandler? = nil,
        delete: RouteHandler? = nil
    ) {
        let handlers: [(method: HTTPRequest.Method, handler: RouteHandler?)] = [
            (.get, get), (.head, get), (.put, put), (.post, post), (.delete, delete),
        ]
        let allowed = handlers.filter { $0.handler != nil }.map(\.method.rawValue).joined(separator: ", ")
        let others = HTTPRequest.Method.others.map { (method: $0, handler: RouteHandler?.none) }
        for (method, handler) in handlers + others {
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

extension HTTPRequest.Method {
    /// What the parser knows besides, which no path has.
    fileprivate static let others: [Self] = [
        "ACL", "BIND", "CHECKOUT", "CONNECT", "COPY", "LINK", "LOCK", "M-SEARCH", "MERGE", "MKACTIVITY", "MKCALENDAR",
        "MKCOL", "MOVE", "MSEARCH", "NOTIFY", "OPTIONS", "PATCH", "PROPFIND", "PROPPATCH", "PURGE", "REBIND", "REPORT",
        "SEARCH", "SOURCE", "SUBSCRIBE", "TRACE", "UNBIND", "UNLINK", "UNLOCK", "UNSUBSCRIBE",
    ].compactMap { Self($0) }
}
