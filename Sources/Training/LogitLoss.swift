import Foundation

/// A loss on the logits of one example.
public enum LogitLoss: Sendable, Hashable {
    /// −log softmax(logits + offsets)[label]. An offset of −∞ takes a label out of the choice; none are zeros.
    case crossEntropy(offsets: [Float])

    /// Mean of (logit − target)² over the targets, which belong to the first labels.
    ///
    /// - SeeAlso: Buzzega et al. 2020, Dark Experience for General Continual Learning, equation 5.
    case matching([Float])

    /// −Σ softmax(teacher / T) · log softmax(logits / T), over the teacher's labels, which are the first ones.
    ///
    /// - SeeAlso: Li & Hoiem 2016, Learning without Forgetting, equations 2 and 3.
    case distilling([Float], temperature: Float)

    /// The loss, and its gradient on the first logits; those behind have none.
    public func evaluate(_ logits: [Float], label: Int) -> (loss: Double, gradient: [Float]) {
        switch self {
        case .crossEntropy(let offsets):
            let shifted = offsets.isEmpty ? logits : zip(logits, offsets).map { $0 + $1 }
            var (gradient, logSum) = Self.softmax(shifted)
            gradient[label] -= 1
            return (logSum - Double(shifted[label]), gradient)
        case .matching(let targets):
            guard !targets.isEmpty else { return (0, []) }
            let differences = zip(logits, targets).map { $0 - $1 }
            let count = Float(targets.count)
            let squares = differences.reduce(0.0) { $0 + Double($1) * Double($1) }
            return (squares / Double(count), differences.map { 2 * $0 / count })
        case .distilling(let teacher, let temperature):
            guard !teacher.isEmpty else { return (0, []) }
            let scaled = logits.prefix(teacher.count).map { $0 / temperature }
            let (student, logSum) = Self.softmax(scaled)
            let (expected, _) = Self.softmax(teacher.map { $0 / temperature })
            let loss = zip(expected, scaled).reduce(0.0) { $0 + Double($1.0) * (logSum - Double($1.1)) }
            return (loss, zip(student, expected).map { ($0 - $1) / temperature })
        }
    }

    /// Probabilities, and log Σ exp, which stays finite where a probability is rounded to zero.
    private static func softmax(_ logits: [Float]) -> (probabilities: [Float], logSum: Double) {
        var maximum = logits[0]
        // A value that is no number stays the maximum, so that the loss is none either.
        for value in logits where !(value <= maximum) { maximum = value }
        let powers = logits.map { exp($0 - maximum) }
        let sum = powers.reduce(0.0) { $0 + Double($1) }
        return (powers.map { Float(Double($0) / sum) }, log(sum) + Double(maximum))
    }
}
