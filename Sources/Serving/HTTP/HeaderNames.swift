import HTTPTypes

extension HTTPField.Name {
    static let requestID = named("x-request-id")
    static let idempotencyKey = named("idempotency-key")
    /// `true` on an answer that was given before.
    static let idempotencyReplayed = named("idempotency-replayed")

    private static func named(_ name: String) -> Self {
        guard let name = Self(name) else { preconditionFailure("\"\(name)\" is no header name") }
        return name
    }
}
