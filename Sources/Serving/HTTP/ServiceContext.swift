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
    /// - Throws: `SchemaError.invalidTaskName`.
    func taskName() throws -> TaskName { try TaskName(parameters.require("task")) }
}
