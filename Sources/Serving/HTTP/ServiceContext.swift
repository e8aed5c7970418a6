import Foundation
import Hummingbird
import Logging
import Schema

/// What a route knows besides the request.
struct ServiceContext: RequestContext {
    var coreContext: CoreRequestContextStorage
    /// Answered as `x-request-id`.
    var requestID = ""

    init(source: ApplicationRequestContextSource) {
        coreContext = CoreRequestContextStorage(source: source)
    }

    /// For requests that come over no connection.
    init(logger: Logger) {
        coreContext = CoreRequestContextStorage(source: InProcessSource(logger: logger))
    }

    private struct InProcessSource: RequestContextSource {
        var logger: Logger
    }

    /// The task named in the path.
    ///
    /// - Throws: `SchemaError.invalidTaskName`, ``APIError`` 400.
    func taskName() throws -> TaskName { try TaskName(parameter("task")) }

    /// What the path holds at `{name}`, decoded.
    ///
    /// - Throws: ``APIError`` 400 where it is not percent-encoded UTF-8.
    func parameter(_ name: String) throws -> String {
        guard let value = try parameters.require(name).removingPercentEncoding else {
            throw APIError.invalid(
                name, code: "invalid_path",
                "\"\(name)\" in the path is not percent-encoded UTF-8; write % itself as %25")
        }
        return value
    }
}
