import Adapters
import Evaluation
import Foundation
import Schema
import Tensors

/// Real texts, embedded and answered once, from which traffic is drawn: what `bench drift` simulates.
struct DriftWorld: Sendable {
    enum Scenario: String, CaseIterable {
        /// One label gains the share, all others give way.
        case labelShift = "label_shift"
        /// Half of the labels gain the share together.
        case broadLabelShift = "broad_label_shift"
        /// The share comes from labels that were never learned; queries only, nobody labels them.
        case unseenDomain = "unseen_domain"

        static var names: String { allCases.map(\.rawValue).joined(separator: ", ") }
    }

    /// What was told of traffic that moved, first.
    struct Told: Sendable {
        /// Examples since it moved.
        var after: Int
        var kinds: [DriftKind]
    }

    private struct Item: Sendable {
        var label: Int
        var name: String
        var predicted: Int
        var confidence: Float
        var length: Int
        var unknown: Int
        var features: [Float]
    }

    private let labels: [String]
    private let trained: [Int]
    private let held: [Item]
    private let traffic: [Item]
    private let unseen: [Item]
    private let byLabel: [Int: [Int]]
    /// Labels as often as they stand in all rows: which halves the rows fell into is no part of the world.
    private let population: [Int]

    init(_ examples: [Example], unseen: Set<String>, base: BaseModel, threads: Int) throws {
        let tokens = examples.map { base.tokenizer.encode($0.text, maximumLength: 128) }
        let features = Classifier(encoder: base.encoder).features(tokens, pool: WorkerPool(count: threads))
        let labels = Set(examples.map(\.label)).subtracting(unseen).sorted()
        guard labels.count > 1 else { throw CommandFailure("fewer than two labels are left to learn", .badData) }
        let position = Dictionary(uniqueKeysWithValues: labels.enumerated().map { ($1, $0) })
        let head = Self.head(examples, features, position)
        func item(_ index: Int) -> Item {
            let scores = head.probabilities(features[index])
            let best = scores.indices.max { scores[$0] < scores[$1] } ?? 0
            return Item(
                label: position[examples[index].label] ?? -1, name: examples[index].label, predicted: best,
                confidence: scores[best], length: tokens[index].count,
                unknown: tokens[index].count { $0 == base.tokenizer.unknownID }, features: features[index])
        }
        let known = examples.indices.filter { position[examples[$0].label] != nil }
        // Trained on: even rows. Held out: every sixth, of which reference samples are drawn. The rest is traffic.
        let rest = known.filter { !Self.isTrained($0) }
        held = rest.filter { $0 % 6 == 1 }.map(item)
        traffic = rest.filter { $0 % 6 != 1 }.map(item)
        self.unseen = examples.indices.filter { unseen.contains(examples[$0].label) }.map(item)
        self.labels = labels
        trained = known.filter(Self.isTrained).reduce(into: Array(repeating: 0, count: labels.count)) {
            if let label = position[examples[$1].label] { $0[label] += 1 }
        }
        let byLabel = Dictionary(grouping: traffic.indices) { [traffic] in traffic[$0].label }
        self.byLabel = byLabel
        population = known.compactMap { position[examples[$0].label] }.filter { byLabel[$0] != nil }
        guard held.count >= 100, traffic.count >= 500 else {
            throw CommandFailure("\(examples.count) rows are too few; give more with --rows", .badData)
        }
    }

    private static func isTrained(_ index: Int) -> Bool { index.isMultiple(of: 2) }

    /// What is told in vain of traffic that stands still.
    func falseAlarms(seed: UInt64, days: Int, daily: Int) -> [String] {
        var generator = SeededGenerator(seed: seed, stream: 21)
        var drift = start(&generator)
        var told: [String] = []
        for index in 0..<days * daily {
            let time = Double(index) * 86_400 / Double(daily)
            see(draw(&generator), at: time, labelled: true, &drift)
            told += alarms(&drift, time, &generator).map { "seed \(seed), day \(index / daily + 1): \($0.message)" }
        }
        return told
    }

    /// Examples of moved traffic until something is told; `nil` when nothing was within the limit.
    ///
    /// Before it moves, traffic stands still for a while that differs from run to run, so that windows are not in step.
    func detection(of scenario: Scenario, share: Double, seed: UInt64, limit: Int) -> Told? {
        var generator = SeededGenerator(seed: seed, stream: 22)
        var drift = start(&generator)
        let calm = 300 + Int(generator.nextUnit() * 300)
        for index in 0..<calm {
            see(draw(&generator), at: Double(index), labelled: true, &drift)
            _ = alarms(&drift, Double(index), &generator)
        }
        let favoured = favouredLabels(scenario, &generator)
        // What moves at random falls on the favoured labels in their old share anyway, so that much more must move.
        let isFavoured = Set(favoured)
        let old = Double(population.count { isFavoured.contains($0) }) / Double(population.count)
        let moving = scenario == .unseenDomain ? share : min(1, share / (1 - old))
        for index in 0..<limit {
            let moves = Double(generator.nextUnit()) < moving
            let item: Item
            switch scenario {
            case .unseenDomain: item = moves ? pick(unseen, &generator) : draw(&generator)
            case .labelShift, .broadLabelShift:
                if moves {
                    item = draw(pick(favoured, &generator), &generator)
                } else {
                    item = draw(&generator)
                }
            }
            let time = Double(calm + index)
            see(item, at: time, labelled: scenario != .unseenDomain, &drift)
            let told = alarms(&drift, time, &generator)
            if !told.isEmpty { return Told(after: index + 1, kinds: told.map(\.kind)) }
        }
        return nil
    }

    /// Labels that traffic moves to.
    private func favouredLabels(_ scenario: Scenario, _ generator: inout SeededGenerator) -> [Int] {
        let all = byLabel.keys.sorted().map { ($0, generator.next()) }.sorted { $0.1 < $1.1 }.map(\.0)
        return Array(all.prefix(scenario == .labelShift ? 1 : all.count / 2))
    }

    private func start(_ generator: inout SeededGenerator) -> TaskDrift {
        var drift = TaskDrift()
        let names = Dictionary(uniqueKeysWithValues: zip(labels, trained))
        let chosen = DriftReference.sample(held.map { ($0.name, generator.next()) }, trained: names)
        let examples = chosen.enumerated().map { position, index in
            let item = held[index]
            return DriftReference.Answered(
                sequence: Int64(index), label: item.label, predicted: item.predicted, confidence: item.confidence,
                length: item.length, unknown: item.unknown,
                features: position < DriftReference.embeddedLimit ? PackedFeatures(item.features) : nil)
        }
        drift.compare(
            with: DriftReference(
                adapter: AdapterReference(version: "v1", digest: "bench"), labels: labels, trained: trained,
                examples: examples))
        return drift
    }

    private func see(_ item: Item, at time: Double, labelled: Bool, _ drift: inout TaskDrift) {
        drift.observe(
            label: labels[item.predicted], confidence: item.confidence, length: item.length, unknown: item.unknown,
            at: time)
        drift.observe(features: item.features, at: time)
        guard labelled else { return }
        drift.arrive(label: item.name, at: time)
        drift.answer(
            isCorrect: item.predicted == item.label, confidence: Double(item.confidence), at: time)
    }

    private func alarms(_ drift: inout TaskDrift, _ time: Double, _ generator: inout SeededGenerator) -> [DriftEvent] {
        guard drift.isDue else { return [] }
        return drift.look(at: Timestamp(seconds: time), using: &generator).filter { $0.level == .drift }
    }

    /// A label in its usual share, then one of its texts.
    private func draw(_ generator: inout SeededGenerator) -> Item { draw(pick(population, &generator), &generator) }

    private func draw(_ label: Int, _ generator: inout SeededGenerator) -> Item {
        traffic[pick(byLabel[label] ?? [], &generator)]
    }

    private func pick<Element>(_ elements: [Element], _ generator: inout SeededGenerator) -> Element {
        elements[min(elements.count - 1, Int(generator.nextUnit() * Float(elements.count)))]
    }

    /// A linear head in closed form: nearest class mean on the frozen features, as probabilities.
    private struct Head {
        var means: [[Float]]

        func probabilities(_ features: [Float]) -> [Float] {
            Adapters.probabilities(means.map { mean in zip(mean, features).reduce(0) { $0 + $1.0 * $1.1 } * 20 })
        }
    }

    private static func head(_ examples: [Example], _ features: [[Float]], _ position: [String: Int]) -> Head {
        var sums = [[Float]](repeating: Array(repeating: 0, count: features.first?.count ?? 0), count: position.count)
        for index in examples.indices where isTrained(index) {
            guard let label = position[examples[index].label] else { continue }
            for column in sums[label].indices { sums[label][column] += features[index][column] }
        }
        return Head(
            means: sums.map { sum in
                let length = sum.reduce(0) { $0 + $1 * $1 }.squareRoot()
                return length > 0 ? sum.map { $0 / length } : sum
            })
    }
}
