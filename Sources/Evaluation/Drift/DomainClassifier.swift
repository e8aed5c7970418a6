import Foundation

/// How well a linear classifier tells two samples apart: 0.5 when not at all, 1 when always.
///
/// Logistic regression with an L2 penalty of ½‖w‖² beside `strength` times the summed loss, scored out of fold.
///
/// - SeeAlso: Lopez-Paz and Oquab 2017, Revisiting Classifier Two-Sample Tests; Rabanser et al. 2019, Failing Loudly.
package struct DomainClassifier {
    /// Area under the receiver operating characteristic over all held-out scores.
    package var areaUnderCurve: Double
    /// One-sided, of "no better than chance": the normal limit of the Mann–Whitney statistic.
    package var pValue: Double

    /// - Parameters:
    ///   - gram: inner products of all samples of both sides, the first side's first; `[count · count]`.
    ///   - folds: sample i is held out in fold i mod `folds`, so each side is spread evenly when its order is random.
    package init(gram: [Float], count: Int, first: Int, folds: Int = 5, strength: Float = 1) {
        var scores = [Double](repeating: 0, count: count)
        for fold in 0..<folds {
            let training = (0..<count).filter { $0 % folds != fold }
            let fit = Self.fit(
                gram, count, training, isSecond: training.map { $0 >= first }, strength: strength)
            for held in stride(from: fold, to: count, by: folds) {
                scores[held] = Double(fit.bias) + zip(training, fit.weights).reduce(0.0) {
                    $0 + Double(gram[held * count + $1.0] * $1.1)
                }
            }
        }
        areaUnderCurve = Self.areaUnderCurve(negative: Array(scores[..<first]), positive: Array(scores[first...]))
        let (m, n) = (Double(first), Double(count - first))
        let deviation = ((m + n + 1) / (12 * m * n)).squareRoot()
        pValue = 0.5 * erfc((areaUnderCurve - 0.5) / deviation / 2.0.squareRoot())
    }

    /// Weights of the training samples, of which the classifier's own weights are the sum, and the bias.
    ///
    /// Gradient steps in the span of the samples with Nesterov's momentum for strongly convex functions; the bias is
    /// not penalised.
    package static func fit(
        _ gram: [Float], _ count: Int, _ training: [Int], isSecond: [Bool], strength: Float, steps: Int = 120
    ) -> (weights: [Float], bias: Float) {
        let size = training.count
        var inner = [Float](repeating: 0, count: size * size)
        for (i, row) in training.enumerated() {
            for (j, column) in training.enumerated() { inner[i * size + j] = gram[row * count + column] + 1 }
        }
        // The bias is a weight of a feature that is always one; its penalty is left out below.
        let curvature = strength * largestEigenvalue(inner, size) / 4 + 1
        let momentum = (curvature.squareRoot() - 1) / (curvature.squareRoot() + 1)
        var weights = [Float](repeating: 0, count: size)
        var bias: Float = 0
        var (lookWeights, lookBias) = (weights, bias)
        for _ in 0..<steps {
            let sums = product(inner, lookWeights, size)
            let lookSum = lookWeights.reduce(0, +)
            var nextWeights = lookWeights
            var gradientSum: Float = 0
            for i in 0..<size {
                // `inner` counted the bias feature once; the real bias replaces that part.
                let margin = sums[i] - lookSum + lookBias
                let gradient = strength * (1 / (1 + exp(-margin)) - (isSecond[i] ? 1 : 0))
                gradientSum += gradient
                nextWeights[i] -= (gradient + lookWeights[i]) / curvature
            }
            let nextBias = lookBias - gradientSum / curvature
            for i in 0..<size { lookWeights[i] = nextWeights[i] + momentum * (nextWeights[i] - weights[i]) }
            lookBias = nextBias + momentum * (nextBias - bias)
            (weights, bias) = (nextWeights, nextBias)
        }
        return (weights, bias)
    }

    /// P(positive above negative), ties by half.
    package static func areaUnderCurve(negative: [Double], positive: [Double]) -> Double {
        guard !negative.isEmpty, !positive.isEmpty else { return 0.5 }
        let all = (negative.map { ($0, false) } + positive.map { ($0, true) }).sorted { $0.0 < $1.0 }
        var rankSum = 0.0
        var start = 0
        while start < all.count {
            var end = start
            while end < all.count, all[end].0 == all[start].0 { end += 1 }
            let rank = Double(start + end + 1) / 2
            rankSum += rank * Double(all[start..<end].count { $0.1 })
            start = end
        }
        let (m, n) = (Double(negative.count), Double(positive.count))
        return (rankSum - n * (n + 1) / 2) / (m * n)
    }

    private static func product(_ matrix: [Float], _ vector: [Float], _ size: Int) -> [Float] {
        (0..<size).map { row in
            let start = row * size
            var sums = SIMD4<Float>()
            var column = 0
            while column + 4 <= size {
                let left = SIMD4(
                    matrix[start + column], matrix[start + column + 1], matrix[start + column + 2],
                    matrix[start + column + 3])
                sums += left * SIMD4(vector[column], vector[column + 1], vector[column + 2], vector[column + 3])
                column += 4
            }
            var sum = sums.sum()
            while column < size {
                sum += matrix[start + column] * vector[column]
                column += 1
            }
            return sum
        }
    }

    /// By power iteration; a little above, so that steps stay safe.
    private static func largestEigenvalue(_ matrix: [Float], _ size: Int) -> Float {
        var vector = [Float](repeating: 1 / Float(size).squareRoot(), count: size)
        var value: Float = 0
        for _ in 0..<12 {
            let next = product(matrix, vector, size)
            value = next.reduce(0) { $0 + $1 * $1 }.squareRoot()
            guard value > 0 else { return 1 }
            vector = next.map { $0 / value }
        }
        return value * 1.05
    }
}
