import Schema
import Tensors
import Transformers

/// Several tasks' adapters as one: the low-rank updates that they share, and all rows of their heads.
extension ClassifierAdapter {
    /// One adapter with the heads of several tasks below one another; what their methods carry is dropped.
    ///
    /// - Parameter adapters: by task; at least one, all with the same low-rank updates.
    /// - Throws: ``AdapterError/notShared(first:second:)`` where those differ.
    public static func joined(
        _ adapters: [(task: String, adapter: ClassifierAdapter)], encoder: any TextEncoder
    ) throws(AdapterError) -> ClassifierAdapter {
        precondition(!adapters.isEmpty, "nothing to join")
        let first = adapters[0]
        for other in adapters where !other.adapter.sharesLowRank(with: first.adapter) {
            throw .notShared(first: first.task, second: other.task)
        }
        let labels = adapters.flatMap { task, adapter in adapter.labels.map { sharedLabel($0, of: task) } }
        let layout = try AdapterLayout(options: first.adapter.options, labelCount: labels.count, encoder: encoder)
        var parameters = first.adapter.lowRank
        for (_, adapter) in adapters { parameters += adapter.parameters[adapter.layout.headWeight] }
        for (_, adapter) in adapters { parameters += adapter.parameters[adapter.layout.headBias] }
        return try ClassifierAdapter(
            options: first.adapter.options, labels: labels, layout: layout, parameters: parameters)
    }

    /// A label of one task among those of several: `task/label`; no task's name holds a slash.
    public static func sharedLabel(_ label: String, of task: String) -> String { "\(task)/\(label)" }

    /// One task's adapter out of a joined one: the low-rank updates, and the rows of its labels in their order.
    ///
    /// - Parameter labels: without the task's name, each known to this adapter.
    public func part(
        of task: String, labels: [String], encoder: any TextEncoder
    ) throws(AdapterError) -> ClassifierAdapter {
        let places = Dictionary(uniqueKeysWithValues: zip(self.labels, 0...))
        let rows = labels.compactMap { places[Self.sharedLabel($0, of: task)] }
        precondition(rows.count == labels.count, "a label of task \(task) is not in the joined adapter")
        let layout = try AdapterLayout(options: options, labelCount: labels.count, encoder: encoder)
        let width = layout.featureWidth
        var parameters = lowRank
        for row in rows {
            let start = self.layout.headWeight.lowerBound + row * width
            parameters += self.parameters[start..<start + width]
        }
        for row in rows {
            let place = self.layout.headBias.lowerBound + row
            parameters += self.parameters[place..<place + 1]
        }
        return try ClassifierAdapter(options: options, labels: labels, layout: layout, parameters: parameters)
    }

    /// The low-rank updates alone, to learn other labels on.
    public func headless(encoder: any TextEncoder) throws(AdapterError) -> ClassifierAdapter {
        let layout = try AdapterLayout(options: options, labelCount: 0, encoder: encoder)
        return try ClassifierAdapter(options: options, labels: [], layout: layout, parameters: lowRank)
    }

    /// Whether it adapts what an adapter of these options would adapt, in the same way; may be on more layers or fewer.
    public func hasShape(of options: Recipe.AdapterOptions, encoder: any TextEncoder) throws(AdapterError) -> Bool {
        var options = options
        options.layers = self.options.layers
        let layout = try AdapterLayout(options: options, labelCount: labels.count, encoder: encoder)
        return layout == self.layout && options.scaling == self.options.scaling
            && options.featureScale == self.options.featureScale
    }

    /// All parameters but the head's, which come last.
    private var lowRank: [Float] { parameters[0..<layout.headWeight.lowerBound] }

    private func sharesLowRank(with other: ClassifierAdapter) -> Bool {
        options == other.options && layout.projections == other.layout.projections && lowRank == other.lowRank
    }
}
