import Adapters
import Foundation
import Schema
import Store

extension Learner {
    func logits(_ adapter: ClassifierAdapter, _ tokens: [[Int32]]) -> [[Float]] {
        Classifier(encoder: encoder).logits(of: features(tokens, adapter), adapter, pool: pool)
    }

    /// The likeliest label of each text, and its probability.
    func answers(_ logits: [[Float]], _ labels: [String], sequences: [Int64]) -> [HeldOutAnswer] {
        zip(logits, sequences).compactMap { logits, sequence in
            topLabels(probabilities(logits), count: 1).first.map {
                HeldOutAnswer(example: sequence, label: labels[$0.index], score: Double($0.score))
            }
        }
    }

    /// Blended, over the labels of the pair; in training both heads know the same ones.
    func logits(_ adapter: ClassifierAdapter, _ heads: HeadPair, _ tokens: [[Int32]]) -> [[Float]] {
        let logits = heads.passesAdapter ? logits(adapter, tokens) : []
        let features = heads.passesBase ? features(tokens) : heads.needsAnalytic ? features(tokens, adapter) : []
        let scores = heads.needsAnalytic ? heads.analytic?.scores(features) ?? [] : []
        return tokens.indices.map { index in
            heads.logits(
                adapter: logits.isEmpty ? [] : logits[index], analytic: scores.isEmpty ? [] : scores[index])
        }
    }

    /// Whether the largest of each text's logits is at its label.
    func correct(_ logits: [[Float]], _ labels: [String], expected: [String]) -> [Bool] {
        zip(logits, expected).map { logits, label in
            topLabels(logits, count: 1).first.map { labels[$0.index] == label } ?? false
        }
    }

    /// Whether each example is answered with its label; nothing is, without an adapter.
    ///
    /// - Parameters:
    ///   - analytic: the head beside it.
    ///   - maximumLength: tokens that a text is truncated to.
    public func correct(
        _ adapter: ClassifierAdapter?, analytic: AnalyticHead? = nil, blend: Blend = .adapterAlone,
        _ examples: [Example], maximumLength: Int
    ) throws -> [Bool] {
        guard let adapter else { return Array(repeating: false, count: examples.count) }
        let tokens = examples.map { tokenizer.encode($0.text, maximumLength: maximumLength) }
        let heads = HeadPair(adapter: adapter.labels, analytic: analytic, blend: blend)
        return correct(logits(adapter, heads, tokens), heads.labels, expected: examples.map(\.label))
    }

    /// The adapter of a directory, checked against its digest and against the base.
    public func loadAdapter(_ digest: String, in directory: URL) throws -> ClassifierAdapter {
        try AdapterStore(directory: directory).load(ContentDigest(digest), for: encoder)
    }

    /// Makes an adapter durable under the digest of its content, which it returns.
    public func write(
        _ adapter: ClassifierAdapter, lineage: AdapterLineage, into directory: URL
    ) throws -> String {
        try AdapterStore(directory: directory).save(AdapterFiles(adapter, lineage: lineage)).description
    }
}
