import Foundation
import Schema
import Tensors

extension AnalyticSums {
    /// Linear discriminant analysis with one covariance for all labels: w = Λ·μ and b = −½·μᵀΛμ for a label of mean μ,
    /// Λ = [(1−ε)Σ + εI]⁻¹, Σ the covariance within labels.
    ///
    /// All scores are divided by the mean of μᵀΛμ, so that they lie about where ridge regression's do.
    ///
    /// - SeeAlso: Hayes & Kanan 2020, Lifelong Machine Learning with Deep Streaming Linear Discriminant Analysis,
    ///   section 3.
    /// - Parameter shrinkage: ε.
    func discriminant(shrinkage: Double, _ pool: WorkerPool?) throws(TensorError) -> AnalyticHead {
        let (means, rooted) = (Dense.copy(sums), Dense.copy(sums))
        for (label, count) in counts.enumerated() {
            Dense.scaleRow(label, of: means, by: count > 0 ? 1 / Float(count) : 0)
            Dense.scaleRow(label, of: rooted, by: count > 0 ? 1 / Float(count).squareRoot() : 0)
        }
        // The examples' scatter around their means: n·Σ. What is solved is Λ⁻¹·n/(1−ε).
        let scatter = Dense.copy(gram)
        Dense.add(rooted, rooted, transposingA: true, factor: -1, to: scatter)
        let weights = try Dense.solve(
            scatter, ridge: shrinkage / (1 - shrinkage) * Double(max(count, 1)), means, pool: pool)
        let energies = Dense.rowProducts(weights, means)
        let known = zip(energies, counts).filter { $1 > 0 }.map(\.0)
        let scale = known.isEmpty ? 1 : Float(known.count) / max(known.reduce(0, +), .leastNormalMagnitude)
        return AnalyticHead(
            labels: labels, counts: counts, discriminants: weights, scales: counts.map { $0 > 0 ? scale : 0 },
            biases: zip(zip(energies, counts), newcomers.advantages(of: labels, counts: counts)).map { label, advantage in
                label.1 > 0 ? advantage - 0.5 * scale * label.0 : Self.never
            }, projection: projection,
            isAdapted: isAdapted)
    }

    /// Score of a label without examples, below all others.
    private static let never: Float = -100
}

/// Discriminant analysis that learns example by example: the sums are small without a projection, and solving them anew
/// costs less than keeping an inverse would.
final class DiscriminantSolver: AnalyticSolver {
    private var sums: AnalyticSums
    private let fit: AnalyticFit
    private(set) var head: AnalyticHead

    init(_ sums: AnalyticSums, _ fit: AnalyticFit) throws(TensorError) {
        self.sums = sums
        self.fit = fit
        head = try sums.head(fit)
    }

    var labels: [String] { sums.labels }
    var counts: [Int] { sums.counts }

    func favour(_ newcomers: Newcomers) throws(TensorError) { try replace(sums.favouring(newcomers)) }

    func add(_ rows: [AnalyticSums.Row]) throws(TensorError) { try replace(sums.adding(rows)) }

    func remove(_ rows: [AnalyticSums.Row]) throws(TensorError) { try replace(sums.removing(rows)) }

    private func replace(_ next: AnalyticSums) throws(TensorError) {
        head = try next.head(fit)
        sums = next
    }
}
