import Adapters
import Foundation
import Schema
import Store

/// Updates that do a task harm, and updates that do not, drawn from a data set.
struct GateWorld {
    enum Kind: String, Codable, CaseIterable {
        /// 30 % of the labels are another one's.
        case flippedLabels = "flipped-labels"
        /// One label on nine of ten examples; what its own texts lack in number are others'.
        case swamping
        /// Thirty times the recipe's learning rate.
        case learningRate = "learning-rate"
        /// Two labels alone, without replay or correction for it.
        case twoLabels = "two-labels"
        /// More examples of known labels.
        case returning
        /// Labels of the last experience, which the champion does not know.
        case newLabels = "new-labels"
        /// Half of each.
        case mixed

        static let harmful = [flippedLabels, swamping, learningRate, twoLabels]
        static let benign = [returning, newLabels, mixed]
        var isHarmful: Bool { Self.harmful.contains(self) }
    }

    /// What the champion learns, experience by experience: all but the last one, without the reserve.
    let experiences: [[Example]]
    /// Test rows of these experiences, which no update and no gate sees.
    let tests: [[Example]]
    /// Rows of the known labels that updates are drawn from.
    private let reserve: [Example]
    private let newRows: [Example]

    /// Share of each label that the champion does not learn.
    private static let reserved = 0.25

    init(_ stream: StreamFile, folder: URL, maximum: Int?, seed: UInt64) throws {
        guard let labels = stream.experiences, labels.count > 2 else {
            throw CommandFailure("the stream must have at least three experiences of labels", .badData)
        }
        let known = labels.dropLast().suffix(maximum ?? labels.count)
        let train = Dictionary(
            grouping: try LabelledFile.load(folder.appending(path: "train.jsonl")), by: \.label)
        let test = Dictionary(grouping: try LabelledFile.load(folder.appending(path: "test.jsonl")), by: \.label)
        var generator = SeededGenerator(seed: seed, stream: 1)
        var reserve: [Example] = []
        experiences = known.map { labels in
            labels.flatMap { label -> ArraySlice<Example> in
                let rows = (train[label] ?? []).shuffled(using: &generator)
                let count = Int((Double(rows.count) * Self.reserved).rounded())
                reserve += rows.prefix(count)
                return rows.dropFirst(count)
            }
        }
        self.reserve = reserve
        newRows = (labels.last ?? []).flatMap { train[$0] ?? [] }
        tests = known.map { $0.flatMap { test[$0] ?? [] } }
        guard known.joined().allSatisfy({ train[$0] != nil && test[$0] != nil }), !newRows.isEmpty else {
            throw CommandFailure("labels of the stream have no rows in \(folder.path)", .badData)
        }
    }

    /// Examples of one update, and the recipe it is learned by.
    func update(_ kind: Kind, examples count: Int, recipe: Recipe, seed: UInt64) -> ([Example], Recipe) {
        var generator = SeededGenerator(seed: seed, stream: 2)
        var recipe = recipe
        recipe.seed = seed
        switch kind {
        case .flippedLabels:
            let (flipped, rest) = poisoned(count, share: 0.3, using: &generator)
            return (flipped + rest, recipe)
        case .swamping:
            let label = reserve.randomElement(using: &generator)?.label
            let rows = reserve.shuffled(using: &generator)
            let (own, others) = (rows.filter { $0.label == label }, rows.filter { $0.label != label })
            let swamped = count * 9 / 10
            let mass = (own + others.prefix(max(0, swamped - own.count))).prefix(swamped).map { $0.labelled(label) }
            return (mass + others.suffix(count - swamped), recipe)
        case .learningRate:
            recipe.optimization.learningRate *= 30
            return (Array(reserve.shuffled(using: &generator).prefix(count)), recipe)
        case .twoLabels:
            recipe.replay.ratio = 0
            recipe.replay.adaptive = false
            recipe.optimization.logitAdjustment = 0
            let labels = Set(reserve.map(\.label)).sorted().shuffled(using: &generator).prefix(2)
            return (Array(reserve.filter { labels.contains($0.label) }.prefix(count)), recipe)
        case .returning:
            return (Array(reserve.shuffled(using: &generator).prefix(count)), recipe)
        case .newLabels:
            return (fresh(count, using: &generator), recipe)
        case .mixed:
            return (
                fresh(count / 2, using: &generator)
                    + reserve.shuffled(using: &generator).prefix(count - count / 2), recipe
            )
        }
    }

    /// Examples of known labels, of which the first have another known label than their own.
    func poisoned(_ count: Int, share: Double, seed: UInt64) -> (flipped: [Example], rest: [Example]) {
        var generator = SeededGenerator(seed: seed, stream: 2)
        return poisoned(count, share: share, using: &generator)
    }

    private func poisoned(
        _ count: Int, share: Double, using generator: inout SeededGenerator
    ) -> (flipped: [Example], rest: [Example]) {
        let labels = Set(reserve.map(\.label)).sorted()
        let rows = reserve.shuffled(using: &generator).prefix(count)
        let flipped = Int(Double(rows.count) * share)
        return (
            rows.prefix(flipped).map { row in
                row.labelled(labels.filter { $0 != row.label }.randomElement(using: &generator))
            }, Array(rows.dropFirst(flipped))
        )
    }

    /// Of two to four new labels.
    private func fresh(_ count: Int, using generator: inout SeededGenerator) -> [Example] {
        let labels = Set(newRows.map(\.label)).sorted().shuffled(using: &generator)
            .prefix(Int.random(in: 2...4, using: &generator))
        return Array(newRows.filter { labels.contains($0.label) }.shuffled(using: &generator).prefix(count))
    }
}

extension Example {
    fileprivate func labelled(_ label: String?) -> Example { Example(text: text, label: label ?? self.label) }
}
