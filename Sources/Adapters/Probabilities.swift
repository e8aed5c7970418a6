import Foundation

/// A label's position and its probability.
public struct RankedLabel: Sendable, Hashable {
    public var index: Int
    public var score: Float
    public init(index: Int, score: Float) {
        self.index = index
        self.score = score
    }
}

/// Softmax of one example's logits: non-negative, summing to 1, unchanged when all logits move together.
public func probabilities(_ logits: [Float]) -> [Float] {
    guard let peak = logits.max() else { return [] }
    let exponentials = logits.map { exp(Double($0) - Double(peak)) }
    let total = exponentials.reduce(0, +)
    return exponentials.map { Float($0 / total) }
}

/// The `count` most probable labels, best first; equal scores in label order.
///
/// - Complexity: O(labels × count), meant for a short list.
public func topLabels(_ probabilities: [Float], count: Int) -> [RankedLabel] {
    var top: [RankedLabel] = []
    for (index, score) in probabilities.enumerated() {
        let place = top.firstIndex { $0.score < score } ?? top.endIndex
        guard place < count else { continue }
        top.insert(RankedLabel(index: index, score: score), at: place)
        if top.count > count { top.removeLast() }
    }
    return top
}
