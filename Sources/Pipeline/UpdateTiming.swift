import Schema

/// When waiting examples become an update: enough of them, or old enough ones.
public enum UpdateTiming {
    /// - Parameters:
    ///   - waiting: new training examples not yet in an update.
    ///   - oldest: arrival of the first of them.
    /// - Returns: what starts an update now, or `nil` to go on waiting.
    public static func trigger(
        waiting: Int, oldest: Timestamp?, policy: UpdatePolicy, now: Timestamp
    ) -> UpdateTrigger? {
        guard waiting > 0 else { return nil }
        if waiting >= policy.minimumExamples { return .count }
        guard let oldest, waiting >= policy.minimumExamplesAfterWait else { return nil }
        // From either side: a clock that was set back does not make examples wait until it has caught up.
        return abs(now.seconds - oldest.seconds) >= policy.maximumWaitSeconds ? .age : nil
    }
}
