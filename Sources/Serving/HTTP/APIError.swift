import Foundation
import Hummingbird

/// An error as the caller sees it: `{"error":{"message","type","param","code"}}` with its status.
struct APIError: Error, Equatable {
    enum Kind: String {
        case invalidRequest = "invalid_request_error"
        case notFound = "not_found_error"
        case conflict = "conflict_error"
        case overloaded = "overloaded_error"
        case server = "server_error"
    }

    var status: HTTPResponse.Status
    var kind: Kind
    /// Machine-readable reason.
    var code: String
    /// The field or parameter at fault.
    var param: String?
    /// What was wrong and what would be right.
    var message: String
    var headers: HTTPFields = [:]

    /// A field of the body, or a parameter, that is not as it must be.
    static func invalid(_ param: String?, code: String, _ message: String) -> Self {
        Self(status: .badRequest, kind: .invalidRequest, code: code, param: param, message: message)
    }

    static func notFound(_ param: String?, code: String, _ message: String) -> Self {
        Self(status: .notFound, kind: .notFound, code: code, param: param, message: message)
    }

    static func conflict(code: String, _ message: String) -> Self {
        Self(status: .conflict, kind: .conflict, code: code, message: message)
    }

    static func unavailable(code: String, _ message: String, retryAfterSeconds: Int = 1) -> Self {
        Self(
            status: .serviceUnavailable, kind: .overloaded, code: code, message: message,
            headers: [.retryAfter: String(retryAfterSeconds)])
    }

    /// Nothing of the cause is told outside; it is in the log under the request's id.
    static let server = Self(
        status: .internalServerError, kind: .server, code: "internal_error",
        message: "the service failed; its log says why, under this x-request-id")

    /// The body that says it.
    var content: ByteBuffer { get throws { try .json(Body(error: Body.Detail(self))) } }

    func response() throws -> Response {
        var response = Response.json(try content, status: status)
        response.headers.append(contentsOf: headers)
        return response
    }

    private struct Body: Encodable {
        struct Detail: Encodable {
            var message, type, code: String
            var param: String?

            init(_ error: APIError) {
                message = error.message
                type = error.kind.rawValue
                code = error.code
                param = error.param
            }

            enum CodingKeys: CodingKey { case message, type, param, code }

            /// Contract: `param` is present, `null` where no field is at fault.
            func encode(to encoder: any Encoder) throws {
                var values = encoder.container(keyedBy: CodingKeys.self)
                try values.encode(message, forKey: .message)
                try values.encode(type, forKey: .type)
                try values.encode(param, forKey: .param)
                try values.encode(code, forKey: .code)
            }
        }
        var error: Detail
    }
}
