import Foundation
import Schema

/// What a version answers with: an adapter, an analytic head, or both, over one list of labels.
///
/// Labels that only one of them knows are that one's alone. The analytic head says how likely they are all together;
/// what is left is shared among the labels that both know.
public struct HeadPair: Sendable {
    /// Those that the adapter knows, in the order of its logits, then those that only the analytic head knows.
    public let labels: [String]
    public let blend: Blend
    public let analytic: AnalyticHead?
    /// Of the labels that the adapter knows, their places among its logits.
    private let outputs: [Int]
    /// For each label its place among the analytic head's.
    private let places: [Int?]

    /// - Parameters:
    ///   - adapter: labels of the adapter; `nil` without one.
    ///   - unlearned: labels of the adapter of which it has learned nothing: where the analytic head has examples of one,
    ///     it is that head's alone.
    public init(adapter: [String]?, analytic: AnalyticHead?, blend: Blend, unlearned: Set<String> = []) {
        let named = adapter ?? []
        let unknown = unlearned.isEmpty ? [] : unlearned.intersection(analytic?.learnedLabels ?? [])
        outputs = named.indices.filter { !unknown.contains(named[$0]) }
        let known = outputs.map { named[$0] }
        let both = Set(known)
        labels = known + (analytic?.labels ?? []).filter { !both.contains($0) }
        let positions = Dictionary(uniqueKeysWithValues: zip(analytic?.labels ?? [], 0...))
        places = labels.map { positions[$0] }
        self.analytic = analytic
        self.blend = analytic == nil ? .adapterAlone : adapter == nil ? .analyticAlone : blend
    }

    /// Labels that the adapter does not know.
    public var hasNewLabels: Bool { labels.count > outputs.count }
    public var needsAdapter: Bool { !outputs.isEmpty && blend.adapter > 0 }
    public var needsAnalytic: Bool { analytic != nil && (blend.analytic > 0 || hasNewLabels) }
    /// Whether a text goes through the adapter, for its logits or for the features that the analytic head stands on.
    public var passesAdapter: Bool { needsAdapter || (needsAnalytic && analytic?.isAdapted == true) }
    /// Whether it goes through the base model without the adapter.
    public var passesBase: Bool { needsAnalytic && analytic?.isAdapted == false }

    /// Logits over ``labels`` before the new ones are weighed in: the blend over all that the adapter knows.
    ///
    /// - Parameters:
    ///   - adapted: the adapter's logits; empty where it is not needed.
    ///   - scores: the analytic head's, in the order of its labels; empty where it is not needed.
    public func logits(adapter adapted: [Float], analytic scores: [Float]) -> [Float] {
        let (a, b) = (Float(blend.adapter), Float(blend.analytic))
        return labels.indices.prefix(needsAdapter ? outputs.count : labels.count).map { label in
            let score = scores.isEmpty ? 0 : places[label].map { scores[$0] } ?? 0
            return b * score + (!adapted.isEmpty && label < outputs.count ? a * adapted[outputs[label]] : 0)
        }
    }

    /// Probabilities over ``labels``.
    public func probabilities(adapter adapted: [Float], analytic scores: [Float]) -> [Float] {
        let known = Adapters.probabilities(logits(adapter: adapted, analytic: scores))
        guard known.count < labels.count else { return known }
        let alone = Adapters.probabilities(
            places.map { $0.map { Float(blend.alone) * scores[$0] } ?? -.greatestFiniteMagnitude })
        let new = alone[known.count...]
        let rest = 1 - new.reduce(0, +)
        return known.map { $0 * rest } + new
    }

    /// Which head a label's score comes from.
    public func head(of label: Int) -> DecidingHead {
        needsAdapter && label >= outputs.count ? .analytic : blend.head
    }
}
