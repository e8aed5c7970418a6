import Adapters
import Schema

/// A replay memory's content, tokenized once for an update.
///
/// Uniform and stratified draws are like cards from shuffled decks: drawing without replacement until a deck is used
/// up shows every exemplar equally often, which drawing independently does not. A loss-weighted draw is independent,
/// in proportion to each exemplar's weight.
public struct ExemplarPool: Sendable {
    private var decks: [Deck]
    /// Order in which labels take turns; only one deck when sampling is uniform.
    private var turns: [Int] = []
    /// Running sums of the weights of the only deck's cards; empty where there are none.
    private var cumulative: [Double] = []
    /// How often each card was drawn by its weight.
    private var weightedDraws: [Int: Int] = [:]
    /// Of the last draw, where each exemplar stood among all.
    private var lastDrawn: [Int] = []
    /// How often each was drawn and not used.
    private var returned: [Int: Int] = [:]
    /// The share of each deck in what is drawn, where several tasks are drawn from; empty where decks take turns evenly.
    private var deckShares: [Double] = []
    /// Draws that each deck with a share is owed.
    private var owed: [Double] = []

    /// - Parameter sampling: `uniform` gives every exemplar the same weight, `stratified` every label; the others
    ///   draw uniformly here, what they choose by is not known yet.
    public init(_ exemplars: [TokenizedExample], sampling: Recipe.ReplayOptions.Sampling) {
        switch sampling {
        case .uniform, .lossWeighted, .interfered:
            decks = exemplars.isEmpty ? [] : [Deck(Array(exemplars.enumerated()))]
        case .stratified:
            decks = Dictionary(grouping: exemplars.enumerated(), by: \.element.label)
                .sorted { $0.key < $1.key }.map { Deck($0.value) }
        }
    }

    /// Of several tasks, each in proportion to the power 1/T of its labels where sampling is stratified, else of its
    /// exemplars.
    ///
    /// - Parameters:
    ///   - exemplars: those of the first task first, and so on.
    ///   - heads: `nil` for one task.
    public init(
        _ exemplars: [TokenizedExample], sampling: Recipe.ReplayOptions.Sampling, heads: TaskHeads?,
        temperature: Double
    ) {
        self.init(exemplars, sampling: sampling)
        guard let heads, !exemplars.isEmpty else { return }
        if sampling != .stratified {
            decks = Dictionary(grouping: exemplars.enumerated()) { heads.task(of: $0.element) }
                .sorted { $0.key < $1.key }.map { Deck($0.value) }
        }
        let tasks = decks.map { heads.task(of: $0.cards[0]) }
        var sizes = [Int](repeating: 0, count: heads.count)
        var counts = sizes
        for (deck, task) in zip(decks, tasks) {
            counts[task] += 1
            sizes[task] += sampling == .stratified ? 1 : deck.cards.count
        }
        let shares = TaskHeads.shares(sizes, temperature: temperature)
        deckShares = tasks.map { shares[$0] / Double(counts[$0]) }
    }

    /// - Parameter weights: one for each exemplar, at least 0; where all are 0, all are alike.
    public init(_ exemplars: [TokenizedExample], weights: [Double]) {
        precondition(weights.count == exemplars.count, "\(weights.count) weights for \(exemplars.count) exemplars")
        self.init(exemplars, sampling: .uniform)
        guard weights.contains(where: { $0 > 0 }) else { return }
        var sum = 0.0
        cumulative = weights.map { weight in
            sum += max(weight, 0)
            return sum
        }
    }

    public var isEmpty: Bool { decks.isEmpty }

    /// Every exemplar, by deck.
    var all: [TokenizedExample] { decks.flatMap(\.cards) }

    /// How often each exemplar was drawn and used, in the order they were given.
    var drawCounts: [Int] {
        var counts = [Int](repeating: 0, count: decks.reduce(0) { $0 + $1.cards.count })
        for deck in decks {
            for position in deck.positions { counts[position] = deck.rounds }
            // What is still in the deck has not been drawn in this round.
            for card in deck.order { counts[deck.positions[card]] -= 1 }
        }
        for (card, draws) in weightedDraws { counts[decks[0].positions[card]] += draws }
        for (position, draws) in returned { counts[position] -= draws }
        return counts
    }

    /// Says that of the last draw only these were used.
    mutating func use(_ indices: some Collection<Int>) {
        let used = Set(indices)
        for (index, position) in lastDrawn.enumerated() where !used.contains(index) {
            returned[position, default: 0] += 1
        }
    }

    /// For each label, the share it has of what is drawn.
    func shares(labelCount: Int) -> [Double] {
        var shares = [Double](repeating: 0, count: labelCount)
        for (number, deck) in decks.enumerated() {
            let count = deck.cards.count
            let even =
                deckShares.isEmpty ? 1 / Double(decks.count * count) : deckShares[number] / Double(count)
            for (index, exemplar) in deck.cards.enumerated() { shares[exemplar.label] += share(index) ?? even }
        }
        return shares
    }

    /// Of a weighted card.
    private func share(_ index: Int) -> Double? {
        guard let total = cumulative.last else { return nil }
        return (cumulative[index] - (index > 0 ? cumulative[index - 1] : 0)) / total
    }

    /// The next `count` exemplars; none when there are none at all.
    public mutating func draw(_ count: Int, using generator: inout SeededGenerator) -> [TokenizedExample] {
        guard !isEmpty else { return [] }
        lastDrawn = []
        return (0..<count).map { _ in
            let (exemplar, position) = drawOne(using: &generator)
            lastDrawn.append(position)
            return exemplar
        }
    }

    private mutating func drawOne(using generator: inout SeededGenerator) -> (TokenizedExample, position: Int) {
        if let total = cumulative.last {
            let target = Double(generator.next() >> 11) * 0x1p-53 * total
            let card = min(cumulative.partitioningIndex { $0 > target }, cumulative.count - 1)
            weightedDraws[card, default: 0] += 1
            return (decks[0].cards[card], decks[0].positions[card])
        }
        if !deckShares.isEmpty { return decks[nextDeck(using: &generator)].draw(using: &generator) }
        if turns.isEmpty { turns = decks.indices.shuffled(using: &generator) }
        return decks[turns.removeLast()].draw(using: &generator)
    }

    /// The deck that is owed most: over any number of draws each comes within one or two of its share.
    private mutating func nextDeck(using generator: inout SeededGenerator) -> Int {
        if owed.isEmpty { owed = deckShares.map { $0 * Double(generator.nextUnit()) } }
        for index in owed.indices { owed[index] += deckShares[index] }
        let next = owed.indices.max { (owed[$0], $1) < (owed[$1], $0) } ?? 0
        owed[next] -= 1
        return next
    }

    private struct Deck: Sendable {
        let cards: [TokenizedExample]
        /// Where each card stood among all exemplars.
        let positions: [Int]
        var order: [Int] = []
        /// How often it was shuffled.
        var rounds = 0

        init(_ cards: [(offset: Int, element: TokenizedExample)]) {
            self.cards = cards.map(\.element)
            positions = cards.map(\.offset)
        }

        mutating func draw(using generator: inout SeededGenerator) -> (TokenizedExample, position: Int) {
            if order.isEmpty {
                order = cards.indices.shuffled(using: &generator)
                rounds += 1
            }
            let card = order.removeLast()
            return (cards[card], positions[card])
        }
    }
}

extension [Double] {
    /// The first index whose element meets a condition that holds from some index on.
    fileprivate func partitioningIndex(where condition: (Double) -> Bool) -> Int {
        var (low, high) = (0, count)
        while low < high {
            let middle = (low + high) / 2
            if condition(self[middle]) { high = middle } else { low = middle + 1 }
        }
        return low
    }
}
