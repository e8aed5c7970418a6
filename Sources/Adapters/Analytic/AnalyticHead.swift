import Foundation
import Schema
import Tensors

/// Solved weights of an analytic head: immutable, ready to answer.
public struct AnalyticHead: Sendable {
    public let kind: AnalyticFit.Kind
    public let labels: [String]
    /// Examples of each label.
    public let counts: [Int]
    /// `[labels, P]`.
    let weights: Matrix
    /// A score is `scale · (weights · z) + bias`; in the bias are the advantages of newcomers.
    let scales: [Float]
    let biases: [Float]
    public let projection: RandomProjection
    /// Whether it answers from the features of the version's own adapter, or from the base model's.
    public let isAdapted: Bool

    /// Exponent γ of the label balance of ridge regression: scores are multiplied by (n̄/n)^γ, n a label's examples and
    /// n̄ their mean.
    ///
    /// Least squares shrinks labels of few examples towards 0; without this a label needs dozens of examples before it
    /// is ever answered. On Banking77, γ 0.4 answers new labels at once and costs old ones less than half a point.
    public static let balance = 0.4

    /// Of ridge regression.
    init(
        labels: [String], counts: [Int], newcomers: Newcomers, ridge weights: Matrix, projection: RandomProjection,
        isAdapted: Bool
    ) {
        let mean = Double(counts.reduce(0, +)) / Double(max(counts.count { $0 > 0 }, 1))
        self.init(
            .ridge, labels: labels, counts: counts, weights: weights,
            scales: counts.map { $0 > 0 ? Float(pow(mean / Double($0), Self.balance)) : 0 },
            biases: newcomers.advantages(of: labels, counts: counts), projection: projection, isAdapted: isAdapted)
    }

    /// Of discriminant analysis.
    init(
        labels: [String], counts: [Int], discriminants weights: Matrix, scales: [Float], biases: [Float],
        projection: RandomProjection, isAdapted: Bool
    ) {
        self.init(
            .lda, labels: labels, counts: counts, weights: weights, scales: scales, biases: biases,
            projection: projection, isAdapted: isAdapted)
    }

    private init(
        _ kind: AnalyticFit.Kind, labels: [String], counts: [Int], weights: Matrix, scales: [Float],
        biases: [Float], projection: RandomProjection, isAdapted: Bool
    ) {
        self.kind = kind
        self.isAdapted = isAdapted
        self.labels = labels
        self.counts = counts
        self.weights = weights
        self.scales = scales
        self.biases = biases
        self.projection = projection
    }

    /// Examples in all.
    public var count: Int { counts.reduce(0, +) }

    /// Labels that it has examples of.
    public var learnedLabels: Set<String> { Set(zip(labels, counts).filter { $1 > 0 }.map(\.0)) }

    /// One score for each label, largest for the likeliest, about 0 to 1: `[N][labels]`.
    ///
    /// - Parameter features: `[N][C]`.
    public func scores(_ features: [[Float]]) -> [[Float]] {
        guard !features.isEmpty else { return [] }
        let products = Dense.product(projection.project(features), weights, transposingB: true).values
        return features.indices.map { row in
            scales.indices.map { products[row * labels.count + $0] * scales[$0] + biases[$0] }
        }
    }
}
