import Adapters
import Schema

/// One gradient of those of several tasks, where what helps one would harm another.
///
/// Only the parameters that the tasks share are in conflict; rows of the head belong to one task each and are summed.
package struct GradientConflicts: Sendable {
    package let treatment: Recipe.SharingOptions.Conflicts
    /// Parameters that the tasks share come first.
    package let sharedCount: Int

    package init(_ treatment: Recipe.SharingOptions.Conflicts, sharedCount: Int) {
        self.treatment = treatment
        self.sharedCount = sharedCount
    }

    /// - Parameter gradients: one a task, of equal length; at least one.
    package func combine(_ gradients: [[Float]], using generator: inout SeededGenerator) -> [Float] {
        switch treatment {
        case .sum: Self.sum(gradients)
        case .project: Self.sum(projected(gradients, using: &generator))
        case .mask: masked(gradients)
        }
    }

    /// Each task's gradient without its part against any other's: gᵢ − (gᵢ·gⱼ / ‖gⱼ‖²)·gⱼ for every j with gᵢ·gⱼ < 0, in
    /// random order, gⱼ as it was.
    ///
    /// - SeeAlso: Yu et al. 2020, Gradient Surgery for Multi-Task Learning, algorithm 1.
    private func projected(_ gradients: [[Float]], using generator: inout SeededGenerator) -> [[Float]] {
        let norms = gradients.map { product($0, $0) }
        return gradients.indices.map { task in
            var gradient = gradients[task]
            for other in gradients.indices.shuffled(using: &generator) where other != task && norms[other] > 0 {
                let overlap = product(gradient, gradients[other])
                guard overlap < 0 else { continue }
                let scale = Float(overlap / norms[other])
                for index in 0..<sharedCount { gradient[index] -= scale * gradients[other][index] }
            }
            return gradient
        }
    }

    /// The sum of the gradients where all tasks agree on its sign, and 0 elsewhere.
    ///
    /// - SeeAlso: Parascandolo et al. 2021, Learning explanations that are hard to vary, section 3, the AND-mask with τ = 1.
    private func masked(_ gradients: [[Float]]) -> [Float] {
        var sum = Self.sum(gradients)
        for index in 0..<sharedCount {
            let agree = gradients.allSatisfy { $0[index] > 0 } || gradients.allSatisfy { $0[index] < 0 }
            if !agree { sum[index] = 0 }
        }
        return sum
    }

    private func product(_ left: [Float], _ right: [Float]) -> Double {
        var sum = 0.0
        for index in 0..<sharedCount { sum += Double(left[index]) * Double(right[index]) }
        return sum
    }

    private static func sum(_ gradients: [[Float]]) -> [Float] {
        var sum = gradients[0]
        for gradient in gradients.dropFirst() {
            for index in sum.indices { sum[index] += gradient[index] }
        }
        return sum
    }
}
