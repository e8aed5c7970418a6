import Foundation
import Synchronization
import Tensors

/// Fixed Gaussian projection with ReLU: what makes labels linearly separable that the features alone do not separate.
///
/// z = max(W·f, 0), W `[P, C]` standard normal, the same for everybody: it is drawn from a seed, never stored.
///
/// - SeeAlso: McDonnell et al. 2023, RanPAC, section 3.3.
public struct RandomProjection: Sendable {
    /// P, the width of what is projected to.
    public let width: Int
    /// `[P, C]`.
    private let weight: Matrix

    /// One weight for each shape, drawn once a process.
    private static let drawn = Mutex<[[Int]: Matrix]>([:])

    /// - Parameter features: C, the width of the features.
    public init(width: Int, features: Int) {
        precondition(width > 0 && features > 0, "a projection needs a width; found \(features) to \(width)")
        self.width = width
        weight = Self.drawn.withLock { drawn in
            if let weight = drawn[[width, features]] { return weight }
            var generator = SeededGenerator(seed: 0x52_61_6E_50_41_43, stream: UInt64(features))
            let weight = Matrix(
                rows: width, columns: features, values: (0..<width * features).map { _ in generator.nextNormal() })
            drawn[[width, features]] = weight
            return weight
        }
    }

    /// `[N, P]` of `[N, C]`.
    public func project(_ features: [[Float]]) -> Matrix {
        let rows = Matrix(rows: features.count, columns: weight.columns, values: features.flatMap { $0 })
        let projected = Dense.product(rows, weight, transposingB: true)
        Dense.rectify(projected)
        return projected
    }
}

extension SeededGenerator {
    /// Standard normal: Box & Muller 1958.
    fileprivate mutating func nextNormal() -> Float {
        let radius = (-2 * log(Double(1 - nextUnit()))).squareRoot()
        return Float(radius * cos(2 * Double.pi * Double(nextUnit())))
    }
}
