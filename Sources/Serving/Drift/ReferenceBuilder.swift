import Evaluation
import Schema
import Store

/// Makes what drift is measured against out of a task's held-out examples. Runs on the idle thread.
struct ReferenceBuilder: Sendable {
    private let classifier: any TextClassifier
    private let champion: ServedVersion
    private let trained: [String: Int]
    private let chosen: [LedgerExample]
    /// Features that are known already, by sequence number.
    private let known: [Int64: PackedFeatures]

    /// Texts in one pass: short enough that the thread gives way often.
    private static let batch = 16

    init(classifier: any TextClassifier, champion: ServedVersion, learned: LearnedExamples, old: DriftReference?) {
        self.classifier = classifier
        self.champion = champion
        let labels = Set(champion.heads.labels)
        let examples = learned.heldOut.flatMap(\.examples).filter { labels.contains($0.label) }
        trained = learned.labels
        chosen = DriftReference.sample(
            examples.map { ($0.label, ContentHash($0.text).low) }, trained: trained
        ).map { examples[$0] }
        known = Dictionary(
            (old?.examples ?? []).compactMap { example in example.features.map { (example.sequence, $0) } },
            uniquingKeysWith: { first, _ in first })
    }

    /// Texts that are embedded for the first time.
    var newEmbeddings: Int {
        chosen.prefix(DriftReference.embeddedLimit).count { known[$0.sequence] == nil }
    }

    func reference() throws -> DriftReference {
        let labels = champion.heads.labels
        let position = Dictionary(uniqueKeysWithValues: labels.enumerated().map { ($1, $0) })
        let unknown = classifier.unknownToken
        var answered: [DriftReference.Answered] = []
        for start in stride(from: 0, to: chosen.count, by: Self.batch) {
            let part = chosen[start..<min(start + Self.batch, chosen.count)]
            let inputs = try part.map { try champion.input($0.text, for: classifier) }
            let rows = try classifier.probabilitiesAtIdle(inputs)
            for (offset, (example, (input, scores))) in zip(part, zip(inputs, rows)).enumerated() {
                guard let best = scores.indices.max(by: { scores[$0] < scores[$1] }) else { continue }
                var features = known[example.sequence]
                if features == nil, start + offset < DriftReference.embeddedLimit {
                    features = try classifier.frozenFeatures([input.tokens]).first.map(PackedFeatures.init)
                }
                answered.append(
                    DriftReference.Answered(
                        sequence: example.sequence, label: position[example.label] ?? -1, predicted: best,
                        confidence: scores[best], length: input.tokens.count,
                        unknown: input.tokens.count { $0 == unknown }, features: features))
            }
        }
        return DriftReference(
            adapter: champion.reference, labels: labels, trained: labels.map { trained[$0] ?? 0 }, examples: answered)
    }
}
