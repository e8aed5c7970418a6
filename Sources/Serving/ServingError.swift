/// Why an answer cannot be computed now.
public enum ServingError: Error, Equatable, CustomStringConvertible {
    /// More inputs wait for the model than the limit allows.
    case overloaded(waiting: Int, limit: Int, retryAfterSeconds: Int)
    /// The base model is still being loaded.
    case notReady
    case shuttingDown
    /// The adapter was trained on other weights than those in memory: of another model, or of this one before its file
    /// was changed.
    case otherBase(expected: String, found: String)

    public var description: String {
        switch self {
        case .overloaded(let waiting, let limit, let seconds):
            "\(waiting) inputs wait for the model, the limit is \(limit); try again in \(seconds) s"
        case .notReady: "the base model is still being loaded; try again shortly"
        case .otherBase(let expected, let found):
            "the base model's file does not match what the adapter was trained on: its digest is \(expected), it was "
                + "\(found) then; where `perennial model verify` finds it damaged, fetch it anew with `perennial model "
                + "pull` and restart the service, else start it with the adapter's own base model or promote an adapter "
                + "of this one"
        case .shuttingDown: "the service is shutting down; send the request again to its successor"
        }
    }
}
