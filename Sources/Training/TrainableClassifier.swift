import Adapters
import Schema
import Tensors
import Transformers

/// An adapter while it learns: its parameters in one flat buffer that a tape differentiates.
final class TrainableClassifier: Sendable {
    let origin: ClassifierAdapter
    let parameters: FloatStorage
    private let updates: [Site: LowRankUpdate]

    var options: Recipe.AdapterOptions { origin.options }
    var layout: AdapterLayout { origin.layout }
    var headWeight: Matrix { layout.headWeight(in: parameters) }
    var headBias: Matrix { layout.headBias(in: parameters) }

    init(_ adapter: ClassifierAdapter) {
        origin = adapter
        parameters = FloatStorage(adapter.parameters[0..<adapter.layout.count])
        updates = adapter.layout.lowRankUpdates(in: parameters, scaling: adapter.options.scaling)
    }

    /// An immutable copy of what it has learned so far.
    func snapshot() -> ClassifierAdapter {
        origin.replacing(parameters: parameters[0..<layout.count])
    }

    /// What a model applies in a training pass.
    func siteAdapter(dropout key: DropoutKey) -> some SiteAdapter {
        TrainableLowRank(lowestLayer: layout.lowestLayer, updates: updates, rate: options.dropout, key: key)
    }
}

/// One adapter for all rows, with dropout on its input.
private struct TrainableLowRank: SiteAdapter {
    let lowestLayer: Int
    let updates: [Site: LowRankUpdate]
    let rate: Double
    /// Of the step and share; every site draws from a stream of its own.
    let key: DropoutKey

    func adapts(_ site: Site) -> Bool { updates[site] != nil }

    func apply(at site: Site, input: Variable, output: Variable.Slice, tape: Tape) {
        guard let update = updates[site] else { return }
        var siteKey = key
        siteKey.stream = key.stream &* 4_096 &+ UInt64(site.layer * Site.Module.allCases.count + site.module.index)
        let dropped = tape.dropout(input, rate: rate, key: siteKey)
        tape.addLowRank([LowRankSegment(rows: 0..<input.rows, update: update)], of: dropped, to: output)
    }
}

extension Site.Module {
    fileprivate var index: Int { Self.allCases.firstIndex(of: self) ?? 0 }
}
