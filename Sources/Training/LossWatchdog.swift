import Foundation

/// Ends a run whose loss is no number, or explodes.
///
/// The first step's loss is where the run begins, so it need only be a number. Later the bound is ten times the mean
/// loss of the first steps, and at least ln(labels) + 5: guessing evenly among all
/// labels costs ln(labels), and a run that starts from a good parent may rise to that when new labels arrive.
public struct LossWatchdog: Sendable {
    public static let referenceSteps = 10
    private let floor: Float
    private var sum: Float = 0
    private var step = 0

    public init(labelCount: Int) {
        floor = Float(log(Double(max(labelCount, 1)))) + 5
    }

    /// - Throws: ``TrainingError/diverged(step:loss:reason:)``.
    public mutating func observe(loss: Float, gradientNorm: Double) throws(TrainingError) {
        step += 1
        guard loss.isFinite else { throw .diverged(step: step, loss: loss, reason: "the loss is not a finite number") }
        guard gradientNorm.isFinite else {
            throw .diverged(step: step, loss: loss, reason: "the gradient is not finite")
        }
        if step > 1 {
            let bound = max(10 * sum / Float(min(step - 1, Self.referenceSteps)), floor)
            guard loss <= bound else {
                throw .diverged(step: step, loss: loss, reason: "the loss exceeds \(bound), ten times where it began")
            }
        }
        if step <= Self.referenceSteps { sum += loss }
    }
}
