import Adapters
import Schema

/// A replay memory's content, tokenized once for an update, drawn like cards from shuffled decks.
///
/// Drawing without replacement until a deck is used up shows every exemplar equally often, which drawing
/// independently does not.
public struct ExemplarPool: Sendable {
    private var decks: [Deck]
    /// Order in which labels take turns; only one deck when sampling is uniform.
    private var turns: [Int] = []

    /// - Parameter sampling: `uniform` gives every exemplar the same weight, `stratified` every label.
    public init(_ exemplars: [TokenizedExample], sampling: Recipe.ReplayOptions.Sampling) {
        switch sampling {
        case .uniform:
            decks = exemplars.isEmpty ? [] : [Deck(Array(exemplars.enumerated()))]
        case .stratified:
            decks = Dictionary(grouping: exemplars.enumerated(), by: \.element.label)
                .sorted { $0.key < $1.key }.map { Deck($0.value) }
        }
    }

    public var isEmpty: Bool { decks.isEmpty }

    /// Every exemplar, by deck.
    var all: [TokenizedExample] { decks.flatMap(\.cards) }

    /// How often each exemplar was drawn, in the order they were given.
    var drawCounts: [Int] {
        var counts = [Int](repeating: 0, count: decks.reduce(0) { $0 + $1.cards.count })
        for deck in decks {
            for position in deck.positions { counts[position] = deck.rounds }
            // What is still in the deck has not been drawn in this round.
            for card in deck.order { counts[deck.positions[card]] -= 1 }
        }
        return counts
    }

    /// For each label, the share it has of what is drawn.
    func shares(labelCount: Int) -> [Double] {
        var shares = [Double](repeating: 0, count: labelCount)
        for deck in decks {
            let card = 1 / Double(decks.count * deck.cards.count)
            for exemplar in deck.cards { shares[exemplar.label] += card }
        }
        return shares
    }

    /// The next `count` exemplars; none when there are none at all.
    public mutating func draw(_ count: Int, using generator: inout SeededGenerator) -> [TokenizedExample] {
        guard !isEmpty else { return [] }
        return (0..<count).map { _ in
            if turns.isEmpty { turns = decks.indices.shuffled(using: &generator) }
            return decks[turns.removeLast()].draw(using: &generator)
        }
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

        mutating func draw(using generator: inout SeededGenerator) -> TokenizedExample {
            if order.isEmpty {
                order = cards.indices.shuffled(using: &generator)
                rounds += 1
            }
            return cards[order.removeLast()]
        }
    }
}
