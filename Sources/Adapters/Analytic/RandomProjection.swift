import Foundation
import Synchronization
import Tensors

/// Fixed Gaussian projection with ReLU: what makes labels linearly separable that the features alone do not separate.
///
/// z = max(W·f, 0), W `[P, C]` standard normal, the same for everybody: it is drawn from a seed, never stored. The rows
/// of a narrower W are the first of a wider one's. Zero rows stand for the features as they are.
///
/// - SeeAlso: McDonnell et al. 2023, RanPAC, section 3.3.
public struct RandomProjection: Sendable {
    /// P; 0 where features are taken as they are.
    public let rows: Int
    /// C.
    public let featureWidth: Int
    /// `[P, C]`.
    private let weight: Matrix?

    /// Of what comes out: P, or C without a projection.
    public var width: Int { weight == nil ? featureWidth : rows }

    /// By feature width, the widest that was asked for in this process; narrower ones are its first rows.
    private static let drawn = Mutex<[Int: Matrix]>([:])

    /// - Parameters:
    ///   - width: P; 0 for none.
    ///   - features: C, the width of the features.
    public init(width rows: Int, features: Int) {
        precondition(rows >= 0 && features > 0, "a projection needs a width; found \(features) to \(rows)")
        self.rows = rows
        featureWidth = features
        guard rows > 0 else {
            weight = nil
            return
        }
        weight = Self.drawn.withLock { drawn in
            if let widest = drawn[features], widest.rows >= rows {
                return Matrix(storage: widest.storage, rows: rows, columns: features)
            }
            var generator = SeededGenerator(seed: 0x52_61_6E_50_41_43, stream: UInt64(features))
            let weight = Matrix(
                rows: rows, columns: features, values: (0..<rows * features).map { _ in generator.nextNormal() })
            drawn[features] = weight
            return weight
        }
    }

    /// Forgets what was drawn, 6 MB of 4,096 rows; projections that are in use keep theirs.
    public static func rest() { drawn.withLock { $0.removeAll() } }

    /// `[N, width]` of `[N, C]`.
    public func project(_ features: [[Float]]) -> Matrix {
        let rows = Matrix(rows: features.count, columns: featureWidth, values: features.flatMap { $0 })
        guard let weight else { return rows }
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
