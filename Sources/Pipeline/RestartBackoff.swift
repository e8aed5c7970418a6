/// How long to wait before a crashed child is started again: doubling, from half a second to half a minute,
/// and from the start again once it ran well for a minute.
public struct RestartBackoff: Sendable, Hashable {
    public static let first = Duration.milliseconds(500)
    public static let longest = Duration.seconds(30)
    public static let steady = Duration.seconds(60)

    private var next = Self.first

    public init() {}

    /// - Parameter lifetime: how long the child lived before it crashed.
    public mutating func delay(afterLifetime lifetime: Duration) -> Duration {
        if lifetime >= Self.steady { next = Self.first }
        let delay = next
        next = min(next * 2, Self.longest)
        return delay
    }
}
