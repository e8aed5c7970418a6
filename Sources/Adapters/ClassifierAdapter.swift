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
    private let updates: [Site: LowRankUpdate]

    /// `[labels, C]`.
    public var headWeight: Matrix { layout.headWeight(in: parameters) }
    /// `[1, labels]`.
    public var headBias: Matrix { layout.headBias(in: parameters) }

    /// The low-rank update at a site; `nil` where this adapter has none.
    public func lowRankUpdate(at site: Site) -> LowRankUpdate? { updates[site] }

    /// - Throws: ``AdapterError/duplicateLabel(_:)``.
    init(
        options: Recipe.AdapterOptions, labels: [String], layout: AdapterLayout, parameters: [Float]
    ) throws(AdapterError) {
        precondition(
            parameters.count == layout.count && labels.count == layout.labelCount,
            "\(parameters.count) parameters and \(labels.count) labels do not fill a layout of \(layout.count) "
                + "parameters and \(layout.labelCount) labels")
        var seen: Set<String> = []
        for label in labels where !seen.insert(label).inserted { throw .duplicateLabel(label) }
        self.options = options
        self.labels = labels
        self.layout = layout
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
        let layout = try AdapterLayout(
            rank: options.rank, targets: options.targets, labelCount: labels.count, encoder: encoder)
        var parameters = [Float](repeating: 0, count: layout.count)
        var generator = SeededGenerator(seed: seed, stream: 1)
        for projection in layout.projections {
            let bound = 1 / Float(projection.inputWidth).squareRoot()
            for index in projection.a { parameters[index] = generator.nextSymmetric(bound) }
        }
        try self.init(options: options, labels: labels, layout: layout, parameters: parameters)
    }

    /// The same adapter with rows for more labels, zero at first. All old parameters keep their bits.
    ///
    /// - Parameter labels: the known labels in their order, then the new ones.
    public func growing(to labels: [String], encoder: any TextEncoder) throws(AdapterError) -> ClassifierAdapter {
        guard labels.starts(with: self.labels) else {
            throw .labelsNotExtended(known: self.labels.count, proposed: labels.count)
        }
        guard labels.count > self.labels.count else { return self }
        let grown = try AdapterLayout(
            rank: options.rank, targets: options.targets, labelCount: labels.count, encoder: encoder)
        let newRows = labels.count - self.labels.count
        var parameters = self.parameters[0..<layout.headWeight.upperBound]
        parameters.append(contentsOf: repeatElement(0, count: newRows * layout.featureWidth))
        parameters.append(contentsOf: headBias.values)
        parameters.append(contentsOf: repeatElement(0, count: newRows))
        return try ClassifierAdapter(options: options, labels: labels, layout: grown, parameters: parameters)
    }

    /// The same labels and shape with other parameters.
    public func replacing(parameters: [Float]) -> ClassifierAdapter {
        ClassifierAdapter(self, parameters: parameters)
    }

    private init(_ other: ClassifierAdapter, parameters: [Float]) {
        precondition(
            parameters.count == other.layout.count,
            "\(parameters.count) parameters do not fill a layout of \(other.layout.count)")
        options = other.options
        labels = other.labels
        layout = other.layout
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
        try require(alpha.isFinite && alpha > 0, "alpha", alpha, "positive")
        try require((0..<1).contains(dropout), "dropout", dropout, "at least 0 and below 1")
        try require(featureScale.isFinite && featureScale > 0, "feature_scale", featureScale, "positive")
        try require(!targets.isEmpty, "targets", "empty", "a list of at least one projection")
    }
}
