import Foundation
import Schema
import Tensors
import Transformers

/// A task's adapter: low-rank updates of frozen projections, and a linear head over the task's labels.
///
/// Immutable; a trained successor is a new object. Features are the mean over all tokens of the last layer,
/// L2-normalised and multiplied by ``Options/featureScale``; logits are `features · weightᵀ + bias`.
///
/// - SeeAlso: Hu et al. 2021, LoRA, section 4.1; Kalajdzievski 2023, rsLoRA, for α/√r.
public final class ClassifierAdapter: Sendable {
    public let options: Recipe.AdapterOptions
    /// In the order of the head's rows.
    public let labels: [String]
    public let layout: AdapterLayout
    /// Laid out by ``layout``. Never written.
    public let parameters: FloatStorage
    /// What the method it learned by hands to the next update, by name, each laid out like the parameters.
    public let carried: [String: [Float]]
    private let updates: [Site: LowRankUpdate]

    /// `[labels, C]`.
    public var headWeight: Matrix { layout.headWeight(in: parameters) }
    /// `[1, labels]`.
    public var headBias: Matrix { layout.headBias(in: parameters) }

    /// The low-rank update at a site; `nil` where this adapter has none.
    public func lowRankUpdate(at site: Site) -> LowRankUpdate? { updates[site] }

    /// Over all that its features depend on: adapters that differ in their heads alone have the same.
    public var featureDigest: ContentDigest {
        let shape = layout.projections.map { "\($0.path) \($0.a.count) \($0.b.count)" }
        var content = Data("\(options.scaling) \(layout.rank) \(shape)".utf8)
        parameters[0..<layout.headWeight.lowerBound].withUnsafeBytes { content.append(contentsOf: $0) }
        return ContentDigest(of: content)
    }

    /// - Throws: ``AdapterError/duplicateLabel(_:)``.
    init(
        options: Recipe.AdapterOptions, labels: [String], layout: AdapterLayout, parameters: [Float],
        carried: [String: [Float]] = [:]
    ) throws(AdapterError) {
        precondition(
            carried.values.allSatisfy { $0.count == layout.count },
            "what is carried must have \(layout.count) elements, one for each parameter")
        precondition(
            parameters.count == layout.count && labels.count == layout.labelCount,
            "\(parameters.count) parameters and \(labels.count) labels do not fill a layout of \(layout.count) "
                + "parameters and \(layout.labelCount) labels")
        var seen: Set<String> = []
        for label in labels where !seen.insert(label).inserted { throw .duplicateLabel(label) }
        self.options = options
        self.labels = labels
        self.layout = layout
        self.carried = carried
        self.parameters = FloatStorage(parameters)
        updates = layout.lowRankUpdates(in: self.parameters, scaling: options.scaling)
    }

    /// An untrained adapter: A uniform in ±1/√in, B zero, head zero, so that the base model answers unchanged.
    ///
    /// - Throws: ``AdapterError`` for options out of range, unknown targets or repeated labels.
    /// - SeeAlso: He et al. 2015, section 2.2, with the slope √5 that PEFT uses.
    public convenience init(
        options: Recipe.AdapterOptions, labels: [String], encoder: any TextEncoder, seed: UInt64
    ) throws(AdapterError) {
        try options.validate()
        let layout = try AdapterLayout(options: options, labelCount: labels.count, encoder: encoder)
        var parameters = [Float](repeating: 0, count: layout.count)
        var generator = SeededGenerator(seed: seed, stream: 1)
        for projection in layout.projections {
            let bound = 1 / Float(projection.inputWidth).squareRoot()
            for index in projection.a { parameters[index] = generator.nextSymmetric(bound) }
        }
        try self.init(options: options, labels: labels, layout: layout, parameters: parameters)
    }

    /// The same adapter, to be trained with this dropout.
    public func dropping(_ rate: Double) throws(AdapterError) -> ClassifierAdapter {
        guard rate != options.dropout else { return self }
        var options = options
        options.dropout = rate
        return try ClassifierAdapter(
            options: options, labels: labels, layout: layout, parameters: parameters[0..<layout.count],
            carried: carried)
    }

    /// The same adapter with rows for more labels, zero at first. All old parameters keep their bits.
    ///
    /// - Parameter labels: the known labels in their order, then the new ones.
    public func growing(to labels: [String], encoder: any TextEncoder) throws(AdapterError) -> ClassifierAdapter {
        guard labels.starts(with: self.labels) else {
            throw .labelsNotExtended(known: self.labels.count, proposed: labels.count)
        }
        guard labels.count > self.labels.count else { return self }
        let grown = try AdapterLayout(options: options, labelCount: labels.count, encoder: encoder)
        let newRows = labels.count - self.labels.count
        func grow(_ values: [Float]) -> [Float] {
            var values = values
            values.append(contentsOf: repeatElement(0, count: newRows))
            values.insert(
                contentsOf: repeatElement(0, count: newRows * layout.featureWidth), at: layout.headWeight.upperBound)
            return values
        }
        return try ClassifierAdapter(
            options: options, labels: labels, layout: grown, parameters: grow(parameters[0..<layout.count]),
            carried: carried.mapValues(grow))
    }

    /// The same adapter at a higher rank, answering the same: the new rows of A are uniform in ±1/√in, the new columns
    /// of B zero, and α grows so that the old update keeps its scale. What is carried is dropped.
    public func widening(by rank: Int, encoder: any TextEncoder, seed: UInt64) throws(AdapterError) -> ClassifierAdapter
    {
        precondition(rank > 0, "an adapter cannot widen by rank \(rank)")
        var wide = options
        wide.rank += rank
        let growth = Double(wide.rank) / Double(options.rank)
        wide.alpha *= wide.rankStabilized ? growth.squareRoot() : growth
        let fresh = try ClassifierAdapter(options: wide, labels: labels, encoder: encoder, seed: seed)
        var parameters = fresh.parameters[0..<fresh.layout.count]
        let old = self.parameters[0..<layout.count]
        for (from, to) in zip(layout.projections, fresh.layout.projections) {
            parameters.replaceSubrange(to.a.lowerBound..<to.a.lowerBound + from.a.count, with: old[from.a])
            for row in 0..<from.outputWidth {
                let source = from.b.lowerBound + row * options.rank
                let target = to.b.lowerBound + row * wide.rank
                parameters.replaceSubrange(
                    target..<target + options.rank, with: old[source..<source + options.rank])
            }
        }
        return reshaped(fresh, parameters)
    }

    /// The same adapter on all layers, answering the same: A is uniform in ±1/√in where it is new, B zero. What is carried
    /// is dropped.
    public func deepening(encoder: any TextEncoder, seed: UInt64) throws(AdapterError) -> ClassifierAdapter {
        var deep = options
        deep.layers = 0
        let fresh = try ClassifierAdapter(options: deep, labels: labels, encoder: encoder, seed: seed)
        var parameters = fresh.parameters[0..<fresh.layout.count]
        let old = self.parameters[0..<layout.count]
        let places = Dictionary(uniqueKeysWithValues: fresh.layout.projections.map { ($0.site, $0) })
        for from in layout.projections {
            guard let to = places[from.site] else { continue }
            parameters.replaceSubrange(to.a, with: old[from.a])
            parameters.replaceSubrange(to.b, with: old[from.b])
        }
        return reshaped(fresh, parameters)
    }

    /// This adapter's head on low-rank updates of another shape.
    private func reshaped(_ shape: ClassifierAdapter, _ parameters: [Float]) -> ClassifierAdapter {
        var parameters = parameters
        parameters.replaceSubrange(shape.layout.headWeight, with: self.parameters[layout.headWeight])
        parameters.replaceSubrange(shape.layout.headBias, with: self.parameters[layout.headBias])
        return shape.replacing(parameters: parameters)
    }

    /// The same labels and shape with other parameters.
    public func replacing(parameters: [Float]) -> ClassifierAdapter {
        ClassifierAdapter(self, parameters: parameters, carried: carried)
    }

    /// The same adapter handing other tensors to the next update.
    public func carrying(_ carried: [String: [Float]]) -> ClassifierAdapter {
        ClassifierAdapter(self, parameters: parameters[0..<layout.count], carried: carried)
    }

    private init(_ other: ClassifierAdapter, parameters: [Float], carried: [String: [Float]]) {
        precondition(
            carried.values.allSatisfy { $0.count == other.layout.count },
            "what is carried must have \(other.layout.count) elements, one for each parameter")
        precondition(
            parameters.count == other.layout.count,
            "\(parameters.count) parameters do not fill a layout of \(other.layout.count)")
        options = other.options
        labels = other.labels
        layout = other.layout
        self.carried = carried
        self.parameters = FloatStorage(parameters)
        updates = layout.lowRankUpdates(in: self.parameters, scaling: options.scaling)
    }
}

extension Recipe.AdapterOptions {
    /// Factor of every low-rank update: α/r, or α/√r.
    public var scaling: Float {
        Float(alpha / (rankStabilized ? Double(rank).squareRoot() : Double(rank)))
    }

    /// - Throws: ``AdapterError/invalidOption(field:value:expected:)``.
    public func validate() throws(AdapterError) {
        func require(_ condition: Bool, _ field: String, _ value: Any, _ expected: String) throws(AdapterError) {
            if !condition { throw .invalidOption(field: "adapter.\(field)", value: "\(value)", expected: expected) }
        }
        try require((1...1024).contains(rank), "rank", rank, "between 1 and 1024")
        try require(Float(alpha).isFinite && alpha > 0, "alpha", alpha, "positive, and fit in float32")
        try require((0..<1).contains(dropout), "dropout", dropout, "at least 0 and below 1")
        try require(
            Float(featureScale).isFinite && featureScale > 0, "feature_scale", featureScale,
            "positive, and fit in float32")
        try require(!targets.isEmpty, "targets", "empty", "a list of at least one projection")
        try require(layers >= 0, "layers", layers, "at least 1, or 0 for all")
    }
}
