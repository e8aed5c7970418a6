import Foundation
import Schema

/// What a version answers with: an adapter, an analytic head, or both, over one list of labels.
///
/// Labels that only one of them knows are that one's alone. The analytic head says how likely they are all together;
/// what is left is shared among the labels that both know.
public struct HeadPair: Sendable {
    /// The adapter's, in the order of its logits, then those that only the analytic head knows.
    public let labels: [String]
    public let blend: Blend
    public let analytic: AnalyticHead?
    /// Labels of the adapter.
    private let adapterCount: Int
    /// For each label its place among the analytic head's.
    private let places: [Int?]

    /// - Parameter adapter: labels of the adapter; `nil` without one.
    public init(adapter: [String]?, analytic: AnalyticHead?, blend: Blend) {
        let known = Set(adapter ?? [])
        labels = (adapter ?? []) + (analytic?.labels ?? []).filter { !known.contains($0) }
        adapterCount = adapter?.count ?? 0
        let positions = Dictionary(uniqueKeysWithValues: zip(analytic?.labels ?? [], 0...))
        places = labels.map { positions[$0] }
        self.analytic = analytic
        self.blend = analytic == nil ? .adapterAlone : adapter == nil ? .analyticAlone : blend
    }

    /// Labels that the adapter does not know.
    public var hasNewLabels: Bool { labels.count > adapterCount }
    public var needsAdapter: Bool { adapterCount > 0 && blend.adapter > 0 }
    public var needsAnalytic: Bool { analytic != nil && (blend.analytic > 0 || hasNewLabels) }
    /// Whether a text goes through the adapter, for its logits or for the features that the analytic head stands on.
    public var passesAdapter: Bool { needsAdapter || (needsAnalytic && analytic?.isAdapted == true) }
    /// Whether it goes through the base model without the adapter.
    public var passesBase: Bool { needsAnalytic && analytic?.isAdapted == false }

    /// Logits over ``labels`` before the new ones are weighed in: the blend over all that the adapter knows.
    ///
    /// - Parameters:
    ///   - outputs: the adapter's logits; empty where it is not needed.
    ///   - scores: the analytic head's, in the order of its labels; empty where it is not needed.
    public func logits(adapter outputs: [Float], analytic scores: [Float]) -> [Float] {
        let (a, b) = (Float(blend.adapter), Float(blend.analytic))
        return labels.indices.prefix(needsAdapter ? adapterCount : labels.count).map { label in
            let score = scores.isEmpty ? 0 : places[label].map { scores[$0] } ?? 0
            return b * score + (label < outputs.count ? a * outputs[label] : 0)
        }
    }

    /// Probabilities over ``labels``.
    public func probabilities(adapter outputs: [Float], analytic scores: [Float]) -> [Float] {
        let known = Adapters.probabilities(logits(adapter: outputs, analytic: scores))
        guard known.count < labels.count else { return known }
        let alone = Adapters.probabilities(
            places.map { $0.map { Float(blend.alone) * scores[$0] } ?? -.greatestFiniteMagnitude })
        let new = alone[known.count...]
        let rest = 1 - new.reduce(0, +)
        return known.map { $0 * rest } + new
    }

    /// Which head a label's score comes from.
    public func head(of label: Int) -> DecidingHead {
        needsAdapter && label >= adapterCount ? .analytic : blend.head
    }
}
