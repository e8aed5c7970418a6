import Foundation
import HTTPTypes
import Hummingbird

/// Names each request: by the caller's `x-request-id` where it is sane, else by a new one.
struct RequestIDMiddleware: RouterMiddleware {
    typealias Context = ServiceContext

    func handle(
        _ request: Request, context: ServiceContext, next: (Request, ServiceContext) async throws -> Response
    ) async throws -> Response {
        var context = context
        context.requestID = Self.sane(request.headers[.requestID]) ?? Self.newID
        context.logger[metadataKey: "request"] = .string(context.requestID)
        var response = try await next(request, context)
        response.headers[.requestID] = context.requestID
        return response
    }

    static var newID: String { UUID().uuidString.lowercased() }

    /// At most 128 letters, digits and `-_.:`, for it is written to logs.
    private static func sane(_ id: String?) -> String? {
        guard let id, (1...128).contains(id.utf8.count) else { return nil }
        let isSane = id.unicodeScalars.allSatisfy {
            $0.isASCII
                && ($0.properties.isAlphabetic || $0.properties.numericType != nil || "-_.:".contains(Character($0)))
        }
        return isSane ? id : nil
    }
}
