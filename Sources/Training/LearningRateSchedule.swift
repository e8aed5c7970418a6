import Foundation
import Schema

/// Learning rate by step: linear warm-up from zero to the peak, then constant, or down to zero at the last step.
public struct LearningRateSchedule: Sendable, Hashable {
    public let peak: Double
    public let warmupSteps: Int
    public let totalSteps: Int
    public let shape: Recipe.Schedule

    /// - Parameter warmupSteps: at most a fifth of `totalSteps` is used, so that a short update has a peak at all.
    public init(shape: Recipe.Schedule, peak: Double, warmupSteps: Int, totalSteps: Int) {
        precondition(totalSteps > 0 && warmupSteps >= 0, "steps must be positive and warm-up not negative")
        self.shape = shape
        self.peak = peak
        self.warmupSteps = min(warmupSteps, totalSteps / 5)
        self.totalSteps = totalSteps
    }

    /// - Parameter step: 1-based; the first step is already above zero, the last one too.
    public func rate(at step: Int) -> Double {
        precondition((1...totalSteps).contains(step), "step \(step) is not within 1...\(totalSteps)")
        if step <= warmupSteps { return peak * Double(step) / Double(warmupSteps) }
        let peakStep = max(warmupSteps, 1)
        let remaining = Double(totalSteps - step + 1) / Double(totalSteps - peakStep + 1)
        return switch shape {
        case .constant: peak
        case .linear: peak * remaining
        case .cosine: peak * 0.5 * (1 + cos(.pi * (1 - remaining)))
        }
    }
}
