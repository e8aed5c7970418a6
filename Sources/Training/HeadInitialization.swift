import Adapters
import Tensors
import Transformers

/// First rows of the head for labels that have none: the direction of their examples' mean features.
///
/// From there a new label is recognised before the first step, and the steps need not tear old rows to make room.
///
/// - SeeAlso: Qi, Brown & Lowe 2018, Low-shot learning with imprinted weights.
enum HeadInitialization {
    /// Length of a new row: mean features of length 1 then score `length · featureScale` where they agree fully.
    static let rowLength: Float = 1

    /// The adapter grown to `labels`, each new row pointing to the mean of its examples' features.
    static func grow(
        _ adapter: ClassifierAdapter, to labels: [String], examples: [TokenizedExample],
        encoder: any TextEncoder, pool: WorkerPool
    ) throws -> ClassifierAdapter {
        let grown = try adapter.growing(to: labels, encoder: encoder)
        let known = adapter.labels.count
        let fresh = examples.filter { $0.label >= known }
        guard !fresh.isEmpty else { return grown }
        let features = Classifier(encoder: encoder).features(fresh.map(\.ids), adapter: adapter, pool: pool)
        let width = grown.layout.featureWidth
        var sums: [Int: [Float]] = [:]
        for (example, values) in zip(fresh, features) {
            sums[example.label, default: Array(repeating: 0, count: width)].add(values)
        }
        var parameters = grown.parameters[0..<grown.layout.count]
        for (label, sum) in sums {
            let norm = sum.reduce(0) { $0 + $1 * $1 }.squareRoot()
            guard norm > 0 else { continue }
            let start = grown.layout.headWeight.lowerBound + label * width
            for (index, value) in sum.enumerated() { parameters[start + index] = value * rowLength / norm }
        }
        return grown.replacing(parameters: parameters)
    }
}

extension [Float] {
    fileprivate mutating func add(_ other: [Float]) {
        for index in indices { self[index] += other[index] }
    }
}
