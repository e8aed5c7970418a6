import Foundation

/// How much an update replays, from how much it has forgotten so far.
///
/// The least is 1 % of the new examples, and one exemplar a label; the share rises in proportion to the measured
/// forgetting and reaches the recipe's ratio where the gate's tolerance is used up. Where nothing is forgotten, an
/// update so costs little more than its new examples.
public struct ReplayShare: Sendable, Hashable {
    public static let floor = 0.01
    /// Replayed examples for each new one, at most.
    public let ceiling: Double
    /// Forgetting at which the ceiling is reached.
    public let tolerance: Double
    private let least: Double

    /// - Parameters:
    ///   - newExamples: of one epoch.
    ///   - labels: that exemplars are held of.
    public init(ceiling: Double, tolerance: Double, newExamples: Int, labels: Int) {
        self.ceiling = ceiling
        self.tolerance = tolerance
        least = min(ceiling, max(Self.floor, Double(labels) / Double(max(newExamples, 1))))
    }

    /// Replayed examples for each new one.
    ///
    /// - Parameter forgetting: accuracy that the probe has lost since the update began.
    public func ratio(forgetting: Double) -> Double {
        guard tolerance > 0 else { return forgetting > 0 ? ceiling : least }
        return min(ceiling, least + (ceiling - least) * max(forgetting, 0) / tolerance)
    }
}
