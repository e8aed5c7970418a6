/// One example's part in the loss of a step: the weighted sum of losses on its logits.
///
/// A method is, for the most part, the choice of these terms. The loss of a step is the sum over them, so weights
/// carry the division by the number of examples.
public struct LossTerm: Sendable, Hashable {
    public var example: TokenizedExample
    public var parts: [Part]

    public struct Part: Sendable, Hashable {
        public var weight: Float
        public var loss: LogitLoss
        public init(weight: Float, loss: LogitLoss) {
            self.weight = weight
            self.loss = loss
        }
    }

    public init(_ example: TokenizedExample, _ loss: LogitLoss, weight: Float) {
        self.example = example
        parts = [Part(weight: weight, loss: loss)]
    }

    /// Mean over examples of one loss.
    public static func mean(
        _ examples: some Collection<TokenizedExample>, _ loss: LogitLoss = .crossEntropy(offsets: [])
    ) -> [LossTerm] {
        examples.map { LossTerm($0, loss, weight: 1 / Float(examples.count)) }
    }

    /// Loss of consecutive terms and its gradients on their logits.
    ///
    /// - Parameter logits: `[terms, labels]`, row by row.
    static func evaluate(_ terms: [LossTerm], logits: [Float]) -> (loss: Float, gradients: [Float]) {
        var gradients = [Float](repeating: 0, count: logits.count)
        let labels = logits.count / max(terms.count, 1)
        var loss = 0.0
        for (row, term) in terms.enumerated() {
            for part in term.parts {
                let values = Array(logits[row * labels..<(row + 1) * labels])
                let (value, slope) = part.loss.evaluate(values, label: term.example.label)
                loss += Double(part.weight) * value
                for (label, slope) in slope.enumerated() { gradients[row * labels + label] += part.weight * slope }
            }
        }
        return (Float(loss), gradients)
    }
}
