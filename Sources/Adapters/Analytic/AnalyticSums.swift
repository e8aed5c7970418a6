import Foundation
import Tensors

/// All that an analytic head remembers of its examples: their Gram matrix and one sum for each label. No text, no
/// single example; the order in which they came leaves no trace.
///
/// Learning is addition, so nothing that was learned is lost to what is learned later. Weights come from
/// ``head(ridge:)``: W = (G + λI)⁻¹·S, ridge regression onto one-hot labels in the projected space.
///
/// Costs `P(P+1)/2 + labels·P` floats on disk whatever the number of examples, and `P²` in memory.
///
/// - SeeAlso: McDonnell et al. 2023, RanPAC, equations 6 to 8.
public struct AnalyticSums: Sendable {
    /// In order of first appearance.
    public private(set) var labels: [String]
    /// Examples of each label.
    public private(set) var counts: [Int]
    public let projection: RandomProjection
    /// Width of the features that are projected.
    public let featureWidth: Int
    /// Lower triangle of G `[P, P]`.
    private(set) var gram: Matrix
    /// S `[labels, P]`.
    private(set) var sums: Matrix

    /// An example as the sums take it.
    public struct Row: Sendable, Hashable {
        /// `[C]`, of Euclidean length 1.
        public var features: [Float]
        public var label: String
        /// The label under which the same text is in the sums already, when it was relabelled.
        public var replaced: String?

        public init(features: [Float], label: String, replaced: String? = nil) {
            self.features = features
            self.label = label
            self.replaced = replaced
        }
    }

    /// Examples in all.
    public var count: Int { counts.reduce(0, +) }
    public var isEmpty: Bool { count == 0 }

    /// Sums of nothing.
    ///
    /// - Throws: `TensorError.missingBLAS`.
    public init(width: Int, features: Int) throws {
        _ = try BLAS.information()
        projection = RandomProjection(width: width, features: features)
        featureWidth = features
        labels = []
        counts = []
        gram = Matrix(storage: FloatStorage(count: width * width), rows: width, columns: width)
        sums = Matrix(storage: FloatStorage(count: 0), rows: 0, columns: width)
    }

    init(projection: RandomProjection, featureWidth: Int, labels: [String], counts: [Int], gram: Matrix, sums: Matrix) {
        self.projection = projection
        self.featureWidth = featureWidth
        self.labels = labels
        self.counts = counts
        self.gram = gram
        self.sums = sums
    }

    /// These sums and more examples. A relabelled text only moves from one label's sum to another's.
    public func adding(_ rows: [Row]) -> AnalyticSums {
        guard !rows.isEmpty else { return self }
        var next = self
        next.gram = Matrix(rows: gram.rows, columns: gram.columns, values: gram.values)
        next.sums = Matrix(rows: sums.rows, columns: sums.columns, values: sums.values)
        for label in rows.map(\.label) { next.introduce(label) }
        let chunk = 256
        for start in stride(from: 0, to: rows.count, by: chunk) {
            next.accumulate(rows[start..<min(start + chunk, rows.count)])
        }
        return next
    }

    /// Weights that answer, solved anew.
    ///
    /// - Throws: `TensorError.notPositiveDefinite`.
    public func head(ridge: Double) throws(TensorError) -> AnalyticHead {
        AnalyticHead(
            labels: labels, counts: counts, weights: try Dense.solve(gram, ridge: ridge, sums), projection: projection)
    }

    private mutating func introduce(_ label: String) {
        guard !labels.contains(label) else { return }
        labels.append(label)
        counts.append(0)
        sums = Matrix(
            rows: labels.count, columns: projection.width,
            values: sums.values + Array(repeating: 0, count: projection.width))
    }

    /// Into storage that is this value's own.
    private mutating func accumulate(_ rows: ArraySlice<Row>) {
        let positions = Dictionary(uniqueKeysWithValues: zip(labels, 0...))
        let added = rows.filter { $0.replaced.flatMap { positions[$0] } == nil }
        Dense.addGram(of: projection.project(added.map(\.features)), to: gram)
        let projected = projection.project(rows.map(\.features))
        for (index, row) in rows.enumerated() {
            guard let label = positions[row.label] else { continue }
            Dense.addRow(index, of: projected, factor: 1, to: label, of: sums)
            counts[label] += 1
            if let replaced = row.replaced.flatMap({ positions[$0] }) {
                Dense.addRow(index, of: projected, factor: -1, to: replaced, of: sums)
                counts[replaced] -= 1
            }
        }
    }
}
