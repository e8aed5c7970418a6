import Foundation
import Schema

extension Blend {
    /// Weights that make held-out answers likeliest, or one head alone where that answers more of them right.
    ///
    /// The negative log-likelihood is convex in the two weights; it is lowered by Newton's method. Of N examples each is
    /// taken for its label with a probability of 1 − 1/(N + 2) and for any with the rest: answers that are all right would
    /// else make every score one.
    ///
    /// - SeeAlso: Platt 1999, Probabilistic outputs for support vector machines, section 2.2, on such targets.
    /// - Parameters:
    ///   - adapter: `[examples][labels]` logits of held-out examples, which neither head learned.
    ///   - analytic: `[examples][labels]` scores.
    ///   - targets: positions of their labels.
    ///   - heads: that may answer.
    public static func calibrated(
        adapter: [[Float]], analytic: [[Float]], targets: [Int], heads: Recipe.Head = .blend
    ) -> Blend {
        guard targets.count >= minimumExamples else { return heads == .analytic ? .analyticAlone : .uncalibrated }
        let scale = max(fit([analytic], targets)[0], 1)
        if heads == .analytic { return Blend(adapter: 0, analytic: scale, alone: scale) }
        let both = fit([adapter, analytic], targets)
        let blend = Blend(adapter: both[0], analytic: both[1], alone: scale)
        let alone = [
            Blend(adapter: 0, analytic: scale, alone: scale),
            Blend(adapter: fit([adapter], targets)[0], analytic: 0, alone: scale),
        ]
        func correct(_ blend: Blend) -> Int {
            targets.indices.count { index in
                let logits = combine([adapter, analytic], index, [blend.adapter, blend.analytic])
                return topLabels(logits.map { Float($0) }, count: 1).first?.index == targets[index]
            }
        }
        return alone.reduce((blend, correct(blend))) { best, next in
            let count = correct(next)
            return count > best.1 ? (next, count) : best
        }.0
    }

    /// Held-out examples that calibration needs.
    public static let minimumExamples = 20

    /// Scales of several outputs under one softmax.
    private static func fit(_ outputs: [[[Float]]], _ targets: [Int]) -> [Double] {
        let start = outputs.count == 1 ? [1.0] : [0.5, 5.0]
        var scales = start
        var best = loss(outputs, targets, scales)
        for _ in 0..<30 {
            let (gradient, hessian) = derivatives(outputs, targets, scales)
            let step = solve(hessian, gradient)
            var length = 1.0
            var improved = false
            while length > 1e-4 {
                let next = zip(scales, step).map { max($0 - length * $1, 0) }
                let value = loss(outputs, targets, next)
                if value < best - 1e-9 * abs(best) {
                    scales = next
                    best = value
                    improved = true
                    break
                }
                length /= 2
            }
            if !improved { break }
        }
        return scales
    }

    private static func loss(_ outputs: [[[Float]]], _ targets: [Int], _ scales: [Double]) -> Double {
        targets.indices.reduce(0) { sum, index in
            let logits = combine(outputs, index, scales)
            let peak = logits.max() ?? 0
            let total = logits.reduce(0) { $0 + exp($1 - peak) }
            return sum + log(total) + peak - expected(logits, target: targets[index], of: targets.count)
        }
    }

    /// Of a label's values, what they are for an example taken for its own label almost surely.
    private static func expected(_ values: [Double], target: Int, of examples: Int) -> Double {
        let doubt = 1 / Double(examples + 2)
        return (1 - doubt) * values[target] + doubt * values.reduce(0, +) / Double(values.count)
    }

    private static func combine(_ outputs: [[[Float]]], _ index: Int, _ scales: [Double]) -> [Double] {
        var logits = [Double](repeating: 0, count: outputs[0][index].count)
        for (output, scale) in zip(outputs, scales) {
            for (label, value) in output[index].enumerated() { logits[label] += scale * Double(value) }
        }
        return logits
    }

    /// Gradient, and covariance of the outputs under the answers: the Hessian of a softmax's loss in its scales.
    private static func derivatives(
        _ outputs: [[[Float]]], _ targets: [Int], _ scales: [Double]
    ) -> (gradient: [Double], hessian: [[Double]]) {
        let count = scales.count
        var gradient = [Double](repeating: 0, count: count)
        var hessian = [[Double]](repeating: [Double](repeating: 0, count: count), count: count)
        for index in targets.indices {
            let logits = combine(outputs, index, scales)
            let peak = logits.max() ?? 0
            let shares = logits.map { exp($0 - peak) }
            let total = shares.reduce(0, +)
            var means = [Double](repeating: 0, count: count)
            var products = hessian.map { $0.map { _ in 0.0 } }
            for (label, share) in shares.enumerated() where share / total > 1e-9 {
                let values = outputs.map { Double($0[index][label]) }
                for i in 0..<count {
                    means[i] += share / total * values[i]
                    for j in 0..<count { products[i][j] += share / total * values[i] * values[j] }
                }
            }
            for i in 0..<count {
                gradient[i] +=
                    means[i] - expected(outputs[i][index].map(Double.init), target: targets[index], of: targets.count)
                for j in 0..<count { hessian[i][j] += products[i][j] - means[i] * means[j] }
            }
        }
        return (gradient, hessian)
    }

    /// One or two unknowns; a little is added to the diagonal.
    private static func solve(_ a: [[Double]], _ b: [Double]) -> [Double] {
        let damping = 1e-9 + 1e-6 * a.indices.map { a[$0][$0] }.reduce(0, +)
        if b.count == 1 { return [b[0] / (a[0][0] + damping)] }
        let (p, q, s) = (a[0][0] + damping, a[0][1], a[1][1] + damping)
        let determinant = p * s - q * q
        return [(s * b[0] - q * b[1]) / determinant, (p * b[1] - q * b[0]) / determinant]
    }
}
