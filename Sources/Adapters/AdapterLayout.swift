import Schema
import Tensors
import Transformers

/// Where each matrix of an adapter lies in its flat buffer of parameters.
///
/// Per adapted projection A `[rank, in]`, then B `[out, rank]`, projections in the model's order; then the head's
/// weight `[labels, C]` and bias `[labels]`. All row-major. The head comes last so that it can grow.
public struct AdapterLayout: Sendable, Hashable {
    public struct Projection: Sendable, Hashable {
        public var site: Site
        /// Name of the module in the base model's Hugging Face class, e.g. `encoder.layer.0.attention.self.query`.
        public var path: String
        public var inputWidth: Int
        public var outputWidth: Int
        public var a: Range<Int>
        public var b: Range<Int>
    }

    public let rank: Int
    public let featureWidth: Int
    public let labelCount: Int
    public let projections: [Projection]
    public let headWeight: Range<Int>
    public let headBias: Range<Int>

    /// The lowest layer with an adapted projection.
    public var lowestLayer: Int { projections.first?.site.layer ?? 0 }

    /// Parameters in all.
    public var count: Int { headBias.upperBound }

    /// - Throws: ``AdapterError/unknownTarget(_:)`` when a target names no projection of `encoder`.
    public init(
        options: Recipe.AdapterOptions, labelCount: Int, encoder: any TextEncoder
    ) throws(AdapterError) {
        let (rank, targets) = (options.rank, options.targets)
        precondition(rank > 0 && labelCount >= 0, "rank must be positive and labelCount not negative")
        let lowest = options.layers > 0 ? max(encoder.layerCount - options.layers, 0) : 0
        var projections: [Projection] = []
        var offset = 0
        let modules = Set(targets.map(\.rawValue))
        let known = Set(encoder.sites.map(\.site.module.rawValue))
        if let stranger = modules.subtracting(known).min() { throw .unknownTarget(stranger) }
        for place in encoder.sites where modules.contains(place.site.module.rawValue) && place.site.layer >= lowest {
            let a = offset..<offset + rank * place.inputWidth
            let b = a.upperBound..<a.upperBound + place.outputWidth * rank
            projections.append(
                Projection(
                    site: place.site, path: place.path, inputWidth: place.inputWidth, outputWidth: place.outputWidth,
                    a: a, b: b))
            offset = b.upperBound
        }
        self.rank = rank
        self.projections = projections
        featureWidth = encoder.hiddenSize
        self.labelCount = labelCount
        headWeight = offset..<offset + labelCount * encoder.hiddenSize
        headBias = headWeight.upperBound..<headWeight.upperBound + labelCount
    }

    /// A `[rank, in]` of one projection.
    public func a(of projection: Projection, in parameters: FloatStorage) -> Matrix {
        Matrix(storage: parameters, offset: projection.a.lowerBound, rows: rank, columns: projection.inputWidth)
    }

    /// B `[out, rank]` of one projection.
    public func b(of projection: Projection, in parameters: FloatStorage) -> Matrix {
        Matrix(storage: parameters, offset: projection.b.lowerBound, rows: projection.outputWidth, columns: rank)
    }

    /// The update of every adapted site, its matrices inside `parameters`.
    public func lowRankUpdates(in parameters: FloatStorage, scaling: Float) -> [Site: LowRankUpdate] {
        var updates: [Site: LowRankUpdate] = [:]
        for projection in projections {
            updates[projection.site] = LowRankUpdate(
                down: a(of: projection, in: parameters), up: b(of: projection, in: parameters), scale: scaling)
        }
        return updates
    }

    /// Weight of the head, `[labels, C]`.
    public func headWeight(in parameters: FloatStorage) -> Matrix {
        Matrix(storage: parameters, offset: headWeight.lowerBound, rows: labelCount, columns: featureWidth)
    }

    /// Bias of the head, `[1, labels]`.
    public func headBias(in parameters: FloatStorage) -> Matrix {
        Matrix(storage: parameters, offset: headBias.lowerBound, rows: 1, columns: labelCount)
    }
}
