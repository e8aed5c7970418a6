import Adapters
import Foundation

/// How often each task is shown: in proportion to nₖ^(1/T), n the number of its examples.
///
/// - SeeAlso: Raffel et al. 2020, Exploring the Limits of Transfer Learning, section 3.5.2, temperature-scaled mixing.
extension TaskHeads {
    /// Of each task, the share of what is drawn; 0 for one that has nothing.
    package static func shares(_ sizes: [Int], temperature: Double) -> [Double] {
        let weights = sizes.map { $0 > 0 ? pow(Double($0), 1 / temperature) : 0 }
        let total = weights.reduce(0, +)
        return weights.map { total > 0 ? $0 / total : 0 }
    }

    /// The new examples of one epoch. Every example is in it, those of the largest task once and those of the others so
    /// much more often that tasks stand in proportion to nₖ^(1/T): nₖ^(1/T) · N^(1−1/T) times, N the largest n.
    package func epoch(
        of examples: [TokenizedExample], temperature: Double, using generator: inout SeededGenerator
    ) -> [TokenizedExample] {
        let byTask = (0..<count).map { task in examples.filter { self.task(of: $0) == task } }
        let largest = Double(byTask.map(\.count).max() ?? 0)
        return byTask.flatMap { examples -> [TokenizedExample] in
            guard !examples.isEmpty else { return [] }
            let size = Double(examples.count)
            let wanted = Int((size * pow(largest / size, 1 - 1 / temperature)).rounded())
            let whole = (0..<wanted / examples.count).flatMap { _ in examples }
            return whole + examples.shuffled(using: &generator).prefix(wanted - whole.count)
        }
    }

    /// Weights of exemplars, scaled so that each task has its share of the whole.
    func balanced(_ weights: [Double], of exemplars: [TokenizedExample], temperature: Double) -> [Double] {
        var sizes = [Int](repeating: 0, count: count)
        var totals = [Double](repeating: 0, count: count)
        for (exemplar, weight) in zip(exemplars, weights) {
            sizes[task(of: exemplar)] += 1
            totals[task(of: exemplar)] += weight
        }
        let shares = Self.shares(sizes, temperature: temperature)
        return zip(exemplars, weights).map { exemplar, weight in
            let task = task(of: exemplar)
            return totals[task] > 0 ? weight * shares[task] / totals[task] : 0
        }
    }
}
