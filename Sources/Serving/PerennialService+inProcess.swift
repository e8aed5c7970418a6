import HTTPTypes
import Hummingbird

extension PerennialService {
    /// A request that comes over no connection.
    public struct InProcessRequest: Sendable {
        public var method: String
        /// Path and query, percent-encoded.
        public var path: String
        public var headers: [(name: String, value: String)]
        public var body: [UInt8]

        public init(
            method: String, path: String, headers: [(name: String, value: String)] = [], body: [UInt8] = []
        ) {
            self.method = method
            self.path = path
            self.headers = headers
            self.body = body
        }
    }

    public struct InProcessResponse: Sendable {
        public var status: Int
        public var body: [UInt8]
    }

    /// Answers by the same routes as HTTP does.
    ///
    /// Routes that need the model answer 503 until ``background`` runs and has loaded it.
    ///
    /// - Throws: only when an answer cannot be encoded; errors of the routes are answers.
    public func respond(to request: InProcessRequest) async throws -> InProcessResponse {
        var fields = HTTPFields()
        for header in request.headers {
            if let name = HTTPField.Name(header.name) { fields.append(HTTPField(name: name, value: header.value)) }
        }
        guard let method = HTTPRequest.Method(request.method) else {
            preconditionFailure("\"\(request.method)\" is no HTTP method")
        }
        let head = HTTPRequest(
            method: method, scheme: "http", authority: "localhost", path: request.path, headerFields: fields)
        let response = try await responder.respond(
            to: Request(head: head, body: RequestBody(buffer: ByteBuffer(bytes: request.body))),
            context: ServiceContext(logger: logger))
        let collected = Collected()
        try await response.body.write(BodyCollector(collected: collected))
        return InProcessResponse(status: response.status.code, body: Array(buffer: collected.body))
    }

    /// Filled by one writer, read after it has finished.
    private final class Collected {
        var body = ByteBuffer()
    }

    private struct BodyCollector: ResponseBodyWriter {
        let collected: Collected
        func write(_ buffer: ByteBuffer) { collected.body.writeImmutableBuffer(buffer) }
        consuming func finish(_ trailingHeaders: HTTPFields?) {}
    }
}
