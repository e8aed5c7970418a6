import Tensors

/// An encoder whose layers normalise after each sublayer: BERT and its relatives, without pooler or head.
///
/// - SeeAlso: Vaswani et al. 2017; Devlin et al. 2019, BERT.
public struct PostNormEncoder: TextEncoder {
    public let shape: Shape
    private let layout: Layout
    private let checkpoint: Checkpoint
    private let tables: EmbeddingTables
    private let embeddingNorm: LayerNorm
    private let layers: [EncoderLayer]

    /// Sizes of a model, as its configuration gives them.
    public struct Shape: Sendable, Hashable {
        public var hiddenSize: Int
        public var layerCount: Int
        public var headCount: Int
        public var intermediateSize: Int
        public var vocabularySize: Int
        /// Rows of the position table.
        public var positionCount: Int
        /// Rows of the token type table; 0 without one.
        public var typeCount: Int
        public var layerNormEpsilon: Float
    }

    public var hiddenSize: Int { shape.hiddenSize }
    public var layerCount: Int { shape.layerCount }
    public var vocabularySize: Int { shape.vocabularySize }
    public var maximumPositions: Int { shape.positionCount - layout.firstPosition }

    public var sites: [SiteDescription] {
        let (hidden, wide) = (shape.hiddenSize, shape.intermediateSize)
        return (0..<shape.layerCount).flatMap { layer in
            Site.Module.allCases.map { module in
                SiteDescription(
                    site: Site(layer: layer, module: module), inputWidth: module == .output ? wide : hidden,
                    outputWidth: module == .intermediate ? wide : hidden, path: layout.path(layer, module))
            }
        }
    }

    public func states(of batch: PackedBatch, entering layer: Int, on tape: Tape) -> Variable {
        let embedded = tape.scoped {
            embeddingNorm(tape.embed(batch.ids, offsets: batch.offsets, tables: tables), tape: tape)
        }
        return pass(
            embedded, through: 0..<layer, EncoderContext(tape: tape, offsets: batch.offsets, adapter: nil))
    }

    public func hiddenStates(
        from states: Variable, entering layer: Int, offsets: [Int], adapter: (any SiteAdapter)?, on tape: Tape
    ) -> Variable {
        pass(
            states, through: layer..<layerCount, EncoderContext(tape: tape, offsets: offsets, adapter: adapter))
    }

    public func rest() { checkpoint.releasePages() }

    private func pass(_ states: Variable, through range: Range<Int>, _ context: EncoderContext) -> Variable {
        range.reduce(states) { x, index in
            context.tape.scoped { layers[index](x, layer: index, context: context) }
        }
    }
}

// MARK: - Loading

extension PostNormEncoder {
    /// What sets the checkpoint of one model type apart from another's: names, and where positions start.
    struct Layout: Sendable {
        /// What may stand before every name.
        let prefixes: [String]
        /// Layers are `<layers>.<index>`.
        let layers: String
        /// Names inside a layer.
        let modules: [Site.Module: String]
        let attentionNorm: String
        let outputNorm: String
        let firstPosition: Int

        func path(_ layer: Int, _ module: Site.Module) -> String {
            "\(layers).\(layer).\(modules[module] ?? module.rawValue)"
        }
    }

    init(directory: ModelDirectory, shape: Shape, layout: Layout) throws {
        self.shape = shape
        self.layout = layout
        let checkpoint = try Checkpoint(
            path: directory.weightsPath, prefixes: layout.prefixes, format: directory.format)
        let hidden = shape.hiddenSize
        tables = EmbeddingTables(
            word: try checkpoint.matrix(
                "embeddings.word_embeddings.weight", rows: shape.vocabularySize, columns: hidden),
            position: try checkpoint.matrix(
                "embeddings.position_embeddings.weight", rows: shape.positionCount, columns: hidden),
            type: shape.typeCount == 0
                ? nil
                : try checkpoint.matrix(
                    "embeddings.token_type_embeddings.weight", rows: shape.typeCount, columns: hidden),
            firstPosition: layout.firstPosition)
        // Checked as a whole, the tables were in memory; a text needs few of their rows.
        checkpoint.releasePages()
        embeddingNorm = try checkpoint.layerNorm(
            "embeddings.LayerNorm", width: hidden, epsilon: shape.layerNormEpsilon)
        // One by one: a configuration may promise any number of layers, the checkpoint ends where it ends.
        var layers: [EncoderLayer] = []
        for index in 0..<shape.layerCount {
            layers.append(try checkpoint.layer(index, shape: shape, layout: layout))
        }
        self.layers = layers
        self.checkpoint = checkpoint
        checkpoint.releasePages()
    }
}

extension Checkpoint {
    fileprivate func layer(
        _ index: Int, shape: PostNormEncoder.Shape, layout: PostNormEncoder.Layout
    ) throws -> EncoderLayer {
        let (hidden, wide) = (shape.hiddenSize, shape.intermediateSize)
        func path(_ module: Site.Module) -> String { layout.path(index, module) }
        func norm(_ name: String) throws -> LayerNorm {
            try layerNorm("\(layout.layers).\(index).\(name)", width: hidden, epsilon: shape.layerNormEpsilon)
        }
        return EncoderLayer(
            attention: SelfAttention(
                joint: try linear([path(.query), path(.key), path(.value)], inputs: hidden, outputs: hidden),
                output: try linear([path(.attentionOutput)], inputs: hidden, outputs: hidden),
                headCount: shape.headCount),
            attentionNorm: try norm(layout.attentionNorm),
            feedForward: FeedForward(
                intermediate: try linear([path(.intermediate)], inputs: hidden, outputs: wide),
                output: try linear([path(.output)], inputs: wide, outputs: hidden)),
            outputNorm: try norm(layout.outputNorm))
    }
}
