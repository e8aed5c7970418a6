import Adapters
import Evaluation
import Foundation
import Replay
import Schema
import Store
import Tensors

/// Doubts the labels of new examples, held-out ones included, by what the champion and their neighbours say.
///
/// An example is scored by the champion's loss on it and by its nearest neighbours, in the base model's features, among
/// exemplars and other new examples (``OddityTest/score(loss:disagreement:neighbours:)``). The same is done for held-out
/// examples of earlier experiences, and a new one is doubted when it is odder than all but a small share of these. Labels
/// that the champion does not know are never doubted: nothing tells a new label from a wrong one.
struct Screening {
    private let learner: Learner
    private let input: Learner.Input
    private let options: Recipe.QuarantineOptions

    /// Held-out examples that new ones are compared with, and reference rows among which neighbours are looked for.
    private static let trustedExamples = 512
    private static let referenceRows = 2_000

    init(learner: Learner, input: Learner.Input) {
        self.learner = learner
        self.input = input
        options = input.recipe.quarantine
    }

    /// By sequence number; `nil` where nothing can be told: without a champion, or with too few held-out examples to keep
    /// the false alarms rare.
    func doubted() throws -> [Int64: Suspicion]? {
        guard options.falseAlarms > 0, let parent = input.parent else { return nil }
        let known = Set(parent.labels).subtracting(input.newcomers.labels)
        let isKnown = { (example: LedgerExample) in known.contains(example.label) }
        let trusted = evenly(input.oldSlices.flatMap(\.examples).filter(isKnown), Self.trustedExamples)
        guard trusted.count >= OddityTest.neededExamples(level: options.falseAlarms) else { return nil }
        let new = (input.training + input.newSlice).filter { isKnown($0) && !$0.isVetted }
        guard !new.isEmpty else { return [:] }

        let exemplars = evenly(try input.memory.exemplars(), Self.referenceRows / 2)
        let arrivals = evenly(input.training, Self.referenceRows - exemplars.count)
        let reference = Reference(
            neighbours: Neighbours(labels: exemplars.map(\.label) + arrivals.map(\.label)),
            features: Self.matrix(learner.features(tokens(exemplars.map(\.text) + arrivals.map(\.text)))),
            rows: Dictionary(
                zip(arrivals.map(\.sequence), exemplars.count...), uniquingKeysWith: { first, _ in first }))
        let champion = Champion(
            adapter: parent, heads: HeadPair(adapter: parent.labels, analytic: input.analytic, blend: input.blend))
        let test = OddityTest(trusted: scored(trusted, champion, reference).map(\.score))
        let doubted = scored(new, champion, reference).compactMap { example -> (Int64, Suspicion)? in
            let pValue = test.pValue(example.score)
            guard pValue <= options.falseAlarms, example.suggested != example.label else { return nil }
            return (
                example.sequence,
                Suspicion(
                    loss: example.loss, disagreement: example.disagreement, suggested: example.suggested,
                    pValue: pValue)
            )
        }
        return Dictionary(doubted, uniquingKeysWith: { first, _ in first })
    }

    /// Examples among which neighbours are looked for.
    private struct Reference {
        var neighbours: Neighbours
        /// `[rows, C]`.
        var features: Matrix
        /// By sequence number, the row that a new example itself is.
        var rows: [Int64: Int]
    }

    /// What answers now.
    private struct Champion {
        var adapter: ClassifierAdapter
        var heads: HeadPair
    }

    private struct Opinion {
        var suggested: String
        var loss: Double
    }

    private struct Scored {
        var sequence: Int64
        var label: String
        var suggested: String
        var loss: Double
        var disagreement: Double
        var score: Double
    }

    private func scored(_ examples: [LedgerExample], _ champion: Champion, _ reference: Reference) -> [Scored] {
        let opinions = opinions(of: champion, on: examples)
        let disagreements = disagreements(
            examples, learner.features(tokens(examples.map(\.text))), reference)
        return examples.indices.compactMap { index in
            let (example, disagreement) = (examples[index], disagreements[index])
            return opinions[index].map { opinion in
                Scored(
                    sequence: example.sequence, label: example.label, suggested: opinion.suggested,
                    loss: opinion.loss, disagreement: disagreement,
                    score: OddityTest.score(
                        loss: opinion.loss, disagreement: disagreement, neighbours: options.neighbours))
            }
        }
    }

    /// What the champion thinks of each example; `nil` where it does not know the label.
    ///
    /// A held-out example that it answered with its label when it was judged is not asked again: the loss follows from
    /// the score.
    private func opinions(of champion: Champion, on examples: [LedgerExample]) -> [Opinion?] {
        var opinions = examples.map { example in
            input.parentAnswers[example.sequence].flatMap { answer in
                answer.label == example.label
                    ? Opinion(suggested: answer.label, loss: Self.loss(answer.score)) : nil
            }
        }
        let asked = examples.indices.filter { opinions[$0] == nil }
        let tokens = tokens(asked.map { examples[$0].text })
        let logits = learner.logits(champion.adapter, champion.heads, tokens)
        let labels = champion.heads.labels
        let positions = Dictionary(zip(labels, 0...), uniquingKeysWith: { first, _ in first })
        for (index, logits) in zip(asked, logits) {
            guard let position = positions[examples[index].label],
                let best = topLabels(logits, count: 1).first
            else { continue }
            opinions[index] = Opinion(
                suggested: labels[best.index], loss: Self.loss(Double(probabilities(logits)[position])))
        }
        return opinions
    }

    private static func loss(_ probability: Double) -> Double { -log(max(probability, 1e-30)) }

    /// Of each example with its neighbours; 0 where it has none.
    private func disagreements(
        _ examples: [LedgerExample], _ features: [[Float]], _ reference: Reference
    ) -> [Double] {
        // Few at a time: what a thousand examples are to two thousand rows is 8 MB.
        stride(from: 0, to: examples.count, by: Self.queries).flatMap { start in
            let part = start..<min(start + Self.queries, examples.count)
            let products = Dense.product(
                Self.matrix(Array(features[part])), reference.features, transposingB: true)
            let similarities = products.values
            return part.map { index in
                let row = (index - start) * products.columns
                return reference.neighbours.disagreement(
                    with: examples[index].label, similarities: similarities[row..<row + products.columns],
                    count: options.neighbours, skipping: reference.rows[examples[index].sequence]) ?? 0
            }
        }
    }

    private static let queries = 1_000

    private static func matrix(_ rows: [[Float]]) -> Matrix {
        Matrix(rows: rows.count, columns: rows.first?.count ?? 0, values: Array(rows.joined()))
    }

    private func tokens(_ texts: [String]) -> [[Int32]] {
        texts.map { learner.tokenizer.encode($0, maximumLength: input.recipe.maximumLength) }
    }

    /// At most `count` of the elements, evenly over their order.
    private func evenly<Element>(_ elements: [Element], _ count: Int) -> [Element] {
        guard elements.count > count, count > 0 else { return count > 0 ? elements : [] }
        return (0..<count).map { elements[$0 * elements.count / count] }
    }
}

extension Learner.Input {
    /// What is left after some examples were set aside; the others were found good.
    func without(_ doubted: [Int64: Suspicion]) -> Self {
        func rest(_ examples: [LedgerExample]) -> [LedgerExample] {
            examples.filter { doubted[$0.sequence] == nil }.map { example in
                var example = example
                example.isVetted = true
                return example
            }
        }
        var input = self
        input.training = rest(training)
        input.newSlice = rest(newSlice)
        return input
    }
}
