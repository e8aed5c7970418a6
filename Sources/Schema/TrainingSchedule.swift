/// When an update trains the adapter: the first time, and whenever twice as many examples were learned as the time before;
/// a tenth more is enough while the replay memory lacks nothing.
///
/// Other updates only add to the sums of the analytic head, which forgets nothing. Gradient steps so cost less and less of
/// a stream's time, and an adapter that lags behind learns from as much as it has learned from so far.
public struct TrainingSchedule: Sendable, Hashable, Codable {
    /// Learned so far, by whichever head.
    public var examples: Int
    /// Of these, when an adapter was last trained; 0 before.
    public var trained: Int

    public init(examples: Int = 0, trained: Int = 0) {
        self.examples = examples
        self.trained = trained
    }

    /// Whether an update with so many new examples trains.
    public func isDue(with new: Int) -> Bool { trained == 0 || examples + new >= 2 * trained }

    /// Whether a tenth more than last time was learned: how often a task trains whose replay memory lacks nothing.
    public func hasGrown(with new: Int) -> Bool { 10 * (examples + new) >= 11 * trained }

    /// After an update.
    public func adding(_ new: Int, training: Bool) -> TrainingSchedule {
        TrainingSchedule(examples: examples + new, trained: training ? examples + new : trained)
    }
}
