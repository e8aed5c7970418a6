import Schema
import Tensors

/// An analytic head that learns example by example, as soon as they are acknowledged.
///
/// Used by one thread at a time; what answers are its ``head`` values, which never change.
public protocol AnalyticSolver: AnyObject {
    /// In order of first appearance.
    var labels: [String] { get }
    /// Examples of each label.
    var counts: [Int] { get }
    /// What answers.
    var head: AnalyticHead { get }

    /// Learns examples.
    ///
    /// - Throws: `TensorError.notPositiveDefinite` when rounding has spoilt what is kept: begin with the sums again.
    func add(_ rows: [AnalyticSums.Row]) throws(TensorError)

    /// Favours other labels from here on; those that are introduced later join them.
    ///
    /// - Throws: `TensorError.notPositiveDefinite`, as ``add(_:)``.
    func favour(_ newcomers: Newcomers) throws(TensorError)

    /// Takes examples out again, with the labels and features they were added with.
    ///
    /// - Throws: `TensorError.notPositiveDefinite`, as ``add(_:)``.
    func remove(_ rows: [AnalyticSums.Row]) throws(TensorError)

    /// Does what learning put off because no answer needs it, and changes none. The next call would do it first.
    func settle()
}

extension AnalyticSolver {
    /// Examples in all.
    public var count: Int { counts.reduce(0, +) }

    /// Nothing was put off.
    public func settle() {}
}

extension AnalyticSums {
    /// What goes on learning from here.
    ///
    /// - Throws: `TensorError.notPositiveDefinite`.
    public func solver(_ fit: AnalyticFit) throws(TensorError) -> any AnalyticSolver {
        switch fit.kind {
        case .ridge: try RidgeSolver(self, ridge: fit.strength)
        case .lda: try DiscriminantSolver(self, fit)
        }
    }
}
