import Tensors

/// Ridge regression that learns example by example: keeps A = (G + λI)⁻¹ and the weights, and moves both.
///
/// An addition costs about `6·P²` operations and solves nothing anew (Sherman & Morrison 1950; for several rows at
/// once Woodbury 1950). Two thirds of these move A, which no answer needs: that waits for ``settle()`` or for the next
/// addition. In float32 the inverse drifts slowly; sums that were saved are solved anew, so what is learned one by one is
/// only what came since.
final class RidgeSolver: AnalyticSolver {
    let projection: RandomProjection
    private let isAdapted: Bool
    private(set) var labels: [String]
    /// In ``labels``.
    private var positions: [String: Int]
    private(set) var counts: [Int]
    private var newcomers: Newcomers
    /// A, but for the move that waits.
    private let inverse: Matrix
    /// A = `inverse` − sign·Kᵀ·H.
    private var waiting: (k: Matrix, h: Matrix, sign: Float)?
    private var weights: Matrix

    /// - Parameter ridge: λ, above 0.
    /// - Throws: `TensorError.notPositiveDefinite`.
    init(_ sums: AnalyticSums, ridge: Double) throws(TensorError) {
        projection = sums.projection
        isAdapted = sums.isAdapted
        labels = sums.labels
        positions = Dictionary(uniqueKeysWithValues: zip(sums.labels, 0...))
        counts = sums.counts
        newcomers = sums.newcomers
        inverse =
            try sums.isEmpty
            ? Dense.identity(sums.projection.width, times: Float(1 / ridge))
            : Dense.inverse(of: sums.gram, ridge: ridge)
        weights = Dense.product(sums.sums, inverse)
    }

    var head: AnalyticHead {
        AnalyticHead(
            labels: labels, counts: counts, newcomers: newcomers, ridge: Dense.copy(weights), projection: projection,
            isAdapted: isAdapted)
    }

    func favour(_ newcomers: Newcomers) { self.newcomers = newcomers }

    /// Examples that one step of the inverse takes.
    private static let part = 64

    /// Many examples in parts of ``part``.
    func add(_ rows: [AnalyticSums.Row]) throws(TensorError) {
        introduce(rows.map(\.label))
        for start in stride(from: 0, to: rows.count, by: Self.part) {
            let part = rows[start..<min(start + Self.part, rows.count)]
            try learn(part.filter { known($0.replaced) == nil })
            relabel(part.filter { known($0.replaced) != nil })
        }
    }

    func remove(_ rows: [AnalyticSums.Row]) throws(TensorError) {
        for row in rows {
            // Back under the label that it had replaced, or out of everything where that is not known, as it came in.
            if let replaced = row.replaced, known(replaced) != nil {
                relabel([AnalyticSums.Row(features: row.features, label: replaced, replaced: row.label)])
            } else {
                try learn([row], sign: -1)
            }
        }
    }

    private func known(_ label: String?) -> Int? { label.flatMap { positions[$0] } }

    private func introduce(_ names: [String]) {
        for label in names where positions[label] == nil {
            positions[label] = labels.count
            labels.append(label)
            counts.append(0)
            newcomers.insert(label)
        }
        guard labels.count > weights.rows else { return }
        weights = Dense.appendingZeroRows(labels.count - weights.rows, to: weights)
    }

    /// With K = Z·A and M = I + K·Zᵀ: A' = A − Kᵀ·M⁻¹·K, and W' = W + (T − Z·Wᵀ)ᵀ·M⁻¹·K for one-hot targets T.
    /// Taking out turns three signs: M = I − K·Zᵀ, and A and W move the other way.
    private func learn(_ rows: [AnalyticSums.Row], sign: Float = 1) throws(TensorError) {
        guard !rows.isEmpty else { return }
        settle()
        let z = projection.project(rows.map(\.features))
        let k = Dense.product(z, inverse)
        let m = Matrix(storage: FloatStorage(count: rows.count * rows.count), rows: rows.count, columns: rows.count)
        Dense.add(k, z, transposingB: true, factor: sign, to: m)
        let gain = Dense.product(try Dense.inverse(of: m, ridge: 1), k)
        let residuals = targets(rows)
        for (label, count) in counted(rows) { counts[label] += Int(sign) * count }
        Dense.add(z, weights, transposingB: true, factor: -1, to: residuals)
        Dense.add(residuals, gain, transposingA: true, factor: sign, to: weights)
        waiting = (k, gain, sign)
    }

    func settle() {
        guard let (k, h, sign) = waiting else { return }
        Dense.add(k, h, transposingA: true, factor: -sign, to: inverse)
        waiting = nil
    }

    /// A text that is in the sums already only moves its target.
    private func relabel(_ rows: [AnalyticSums.Row]) {
        guard !rows.isEmpty else { return }
        settle()
        let k = Dense.product(projection.project(rows.map(\.features)), inverse)
        Dense.add(targets(rows), k, transposingA: true, to: weights)
        for (label, count) in counted(rows) { counts[label] += count }
    }

    /// By how many examples each label grows.
    private func counted(_ rows: [AnalyticSums.Row]) -> [Int: Int] {
        var changes: [Int: Int] = [:]
        for row in rows {
            if let label = known(row.label) { changes[label, default: 0] += 1 }
            if let replaced = known(row.replaced) { changes[replaced, default: 0] -= 1 }
        }
        return changes
    }

    /// `[rows, labels]`: 1 at the label, −1 at a label that it replaces.
    private func targets(_ rows: [AnalyticSums.Row]) -> Matrix {
        var values = [Float](repeating: 0, count: rows.count * labels.count)
        for (index, row) in rows.enumerated() {
            if let label = known(row.label) { values[index * labels.count + label] += 1 }
            if let replaced = known(row.replaced) { values[index * labels.count + replaced] -= 1 }
        }
        return Matrix(rows: rows.count, columns: labels.count, values: values)
    }
}
