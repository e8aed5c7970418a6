/// Why an answer cannot be computed now.
public enum ServingError: Error, Equatable, CustomStringConvertible {
    /// More inputs wait for the model than the limit allows.
    case overloaded(waiting: Int, limit: Int, retryAfterSeconds: Int)
    /// The base model is still being loaded.
    case notReady
    case shuttingDown
    /// The adapter was trained on other weights than those in memory.
    case otherBase(expected: String, found: String)

    public var description: String {
        switch self {
        case .overloaded(let waiting, let limit, let seconds):
            "\(waiting) inputs wait for the model, the limit is \(limit); try again in \(seconds) s"
        case .notReady: "the base model is still being loaded; try again shortly"
        case .otherBase(let expected, let found):
            "the adapter was trained on the base model \(found), the one in memory is \(expected); start the service "
                + "with that model or promote an adapter of this one"
        case .shuttingDown: "the service is shutting down; send the request again to its successor"
        }
    }
}
