import Foundation
import Schema
import Tensors

/// All that an analytic head remembers of its examples: their Gram matrix and one sum for each label. No text, no
/// single example; the order in which they came leaves no trace.
///
/// Learning is addition, so nothing that was learned is lost to what is learned later. Weights come from ``head(_:)``.
///
/// Costs `P(P+1)/2 + labels·P` floats on disk whatever the number of examples, and `P²` in memory; without a projection
/// the features' own width stands for P.
public struct AnalyticSums: Sendable {
    /// In order of first appearance.
    public private(set) var labels: [String]
    /// In ``labels``.
    private var positions: [String: Int]
    /// Examples of each label.
    public private(set) var counts: [Int]
    public let projection: RandomProjection
    /// Whether these are sums of the features that the version's own adapter makes, or of the base model's.
    public let isAdapted: Bool
    /// Labels that are introduced from here on join them.
    public private(set) var newcomers = Newcomers.none
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
    /// - Parameters:
    ///   - width: of the random projection; 0 takes the features as they are.
    ///   - features: width of the features.
    ///   - isAdapted: whether they are an adapter's.
    /// - Throws: `TensorError.missingBLAS`.
    public init(width: Int, features: Int, isAdapted: Bool = false) throws {
        _ = try BLAS.information()
        projection = RandomProjection(width: width, features: features)
        self.isAdapted = isAdapted
        labels = []
        positions = [:]
        counts = []
        let width = projection.width
        gram = Matrix(storage: FloatStorage(count: width * width), rows: width, columns: width)
        sums = Matrix(storage: FloatStorage(count: 0), rows: 0, columns: width)
    }

    init(
        projection: RandomProjection, isAdapted: Bool, labels: [String], counts: [Int],
        newcomers: Newcomers, gram: Matrix, sums: Matrix
    ) {
        self.projection = projection
        self.isAdapted = isAdapted
        self.labels = labels
        positions = Dictionary(uniqueKeysWithValues: zip(labels, 0...))
        self.counts = counts
        self.newcomers = newcomers
        self.gram = gram
        self.sums = sums
    }

    /// These sums and more examples. A relabelled text only moves from one label's sum to another's.
    public func adding(_ rows: [Row], pool: WorkerPool? = nil) -> AnalyticSums { changed(by: rows, sign: 1, pool) }

    /// These sums, whose head favours other labels than before.
    public func favouring(_ newcomers: Newcomers) -> AnalyticSums {
        var next = self
        next.newcomers = newcomers
        return next
    }

    /// These sums without examples that were added with the same labels and features. Rounding leaves a trace.
    public func removing(_ rows: [Row]) -> AnalyticSums { changed(by: rows, sign: -1, nil) }

    private func changed(by rows: [Row], sign: Int, _ pool: WorkerPool?) -> AnalyticSums {
        guard !rows.isEmpty else { return self }
        var next = self
        next.gram = Dense.copy(gram)
        next.introduce(rows.map(\.label))
        let chunk = 256
        for start in stride(from: 0, to: rows.count, by: chunk) {
            next.accumulate(rows[start..<min(start + chunk, rows.count)], sign: sign, pool)
        }
        return next
    }

    /// Weights that answer, solved anew: W = (G + λI)⁻¹·S, ridge regression onto one-hot labels, or discriminants.
    ///
    /// - SeeAlso: McDonnell et al. 2023, RanPAC, equations 6 to 8.
    /// - Throws: `TensorError.notPositiveDefinite`.
    public func head(_ fit: AnalyticFit, pool: WorkerPool? = nil) throws(TensorError) -> AnalyticHead {
        switch fit.kind {
        case .ridge:
            AnalyticHead(
                labels: labels, counts: counts, newcomers: newcomers,
                ridge: try Dense.solve(gram, ridge: fit.strength, sums, pool: pool), projection: projection,
                isAdapted: isAdapted)
        case .lda: try discriminant(shrinkage: fit.strength, pool)
        }
    }

    /// What these sums would be had they been begun with a narrower projection: the first rows of a wider one are it.
    public func narrowed(to width: Int) -> AnalyticSums {
        precondition((1...projection.rows).contains(width), "\(width) is not narrower than \(projection.rows)")
        return AnalyticSums(
            projection: RandomProjection(width: width, features: projection.featureWidth), isAdapted: isAdapted,
            labels: labels, counts: counts, newcomers: newcomers,
            gram: Dense.corner(of: gram, rows: width, columns: width),
            sums: Dense.corner(of: sums, rows: sums.rows, columns: width))
    }

    /// Makes the label sums this value's own, with a row for each label that is not known yet.
    private mutating func introduce(_ names: [String]) {
        for label in names where positions[label] == nil {
            positions[label] = labels.count
            labels.append(label)
            counts.append(0)
            newcomers.insert(label)
        }
        sums = Dense.appendingZeroRows(labels.count - sums.rows, to: sums)
    }

    /// Into storage that is this value's own.
    private mutating func accumulate(_ rows: ArraySlice<Row>, sign: Int, _ pool: WorkerPool?) {
        let projected = projection.project(rows.map(\.features))
        let additions = rows.filter { $0.replaced.flatMap { positions[$0] } == nil }
        let added = additions.count == rows.count ? projected : projection.project(additions.map(\.features))
        if sign > 0 {
            Dense.addGram(of: added, to: gram, pool: pool)
        } else {
            Dense.add(added, added, transposingA: true, factor: -1, to: gram)
        }
        for (index, row) in rows.enumerated() {
            guard let label = positions[row.label] else { continue }
            Dense.addRow(index, of: projected, factor: Float(sign), to: label, of: sums)
            counts[label] += sign
            if let replaced = row.replaced.flatMap({ positions[$0] }) {
                Dense.addRow(index, of: projected, factor: Float(-sign), to: replaced, of: sums)
                counts[replaced] -= sign
            }
        }
    }
}
