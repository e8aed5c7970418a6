import Tensors

/// BERT without its pooler: embeddings, then post-norm layers.
///
/// - SeeAlso: Devlin et al. 2019, BERT.
public struct BertEncoder: TextEncoder {
    public let configuration: Configuration
    private let tables: EmbeddingTables
    private let embeddingNorm: LayerNorm
    private let layers: [EncoderLayer]

    public var hiddenSize: Int { configuration.hiddenSize }
    public var layerCount: Int { configuration.layerCount }
    public var vocabularySize: Int { configuration.vocabularySize }
    public var maximumPositions: Int { configuration.maximumPositions }

    public func hiddenStates(of batch: PackedBatch, adapter: (any SiteAdapter)?, on tape: Tape) -> Variable {
        let context = EncoderContext(tape: tape, offsets: batch.offsets, adapter: adapter)
        var x = tape.scoped {
            embeddingNorm(tape.embed(batch.ids, offsets: batch.offsets, tables: tables), tape: tape)
        }
        for (index, layer) in layers.enumerated() {
            x = tape.scoped { layer(x, layer: index, context: context) }
        }
        return x
    }

    public var sites: [SiteDescription] {
        let (hidden, wide) = (configuration.hiddenSize, configuration.intermediateSize)
        return layers.indices.flatMap { layer in
            Site.Module.allCases.map { module in
                SiteDescription(
                    site: Site(layer: layer, module: module), inputWidth: module == .output ? wide : hidden,
                    outputWidth: module == .intermediate ? wide : hidden,
                    path: "encoder.layer.\(layer)." + Self.path(of: module))
            }
        }
    }

    private static func path(of module: Site.Module) -> String {
        switch module {
        case .query: "attention.self.query"
        case .key: "attention.self.key"
        case .value: "attention.self.value"
        case .attentionOutput: "attention.output.dense"
        case .intermediate: "intermediate.dense"
        case .output: "output.dense"
        }
    }
}

// MARK: - Loading

extension BertEncoder {
    public struct Configuration: Sendable, Hashable, Decodable {
        public let hiddenSize: Int
        public let layerCount: Int
        public let headCount: Int
        public let intermediateSize: Int
        public let vocabularySize: Int
        public let maximumPositions: Int
        public let typeCount: Int
        public let layerNormEpsilon: Float
        public let activation: String
        public let positionType: String?

        enum CodingKeys: String, CodingKey {
            case hiddenSize = "hidden_size"
            case layerCount = "num_hidden_layers"
            case headCount = "num_attention_heads"
            case intermediateSize = "intermediate_size"
            case vocabularySize = "vocab_size"
            case maximumPositions = "max_position_embeddings"
            case typeCount = "type_vocab_size"
            case layerNormEpsilon = "layer_norm_eps"
            case activation = "hidden_act"
            case positionType = "position_embedding_type"
        }
    }

    init(directory: ModelDirectory) throws {
        configuration = try directory.configuration(as: Configuration.self)
        try Self.validate(configuration, path: directory.configurationPath)
        let checkpoint = try Checkpoint(
            path: directory.weightsPath, prefixes: ["", "bert."], packing: directory.packing)
        let (hidden, wide) = (configuration.hiddenSize, configuration.intermediateSize)
        let epsilon = configuration.layerNormEpsilon
        tables = EmbeddingTables(
            word: try checkpoint.matrix(
                "embeddings.word_embeddings.weight", rows: configuration.vocabularySize, columns: hidden),
            position: try checkpoint.matrix(
                "embeddings.position_embeddings.weight", rows: configuration.maximumPositions, columns: hidden),
            type: try checkpoint.matrix(
                "embeddings.token_type_embeddings.weight", rows: configuration.typeCount, columns: hidden))
        embeddingNorm = try checkpoint.layerNorm("embeddings.LayerNorm", width: hidden, epsilon: epsilon)
        let headCount = configuration.headCount
        layers = try (0..<configuration.layerCount).map { index in
            func name(_ module: Site.Module) -> String { "encoder.layer.\(index)." + Self.path(of: module) }
            return EncoderLayer(
                attention: SelfAttention(
                    joint: try checkpoint.linear(
                        [name(.query), name(.key), name(.value)], inputs: hidden, outputs: hidden),
                    output: try checkpoint.linear([name(.attentionOutput)], inputs: hidden, outputs: hidden),
                    headCount: headCount),
                attentionNorm: try checkpoint.layerNorm(
                    "encoder.layer.\(index).attention.output.LayerNorm", width: hidden, epsilon: epsilon),
                feedForward: FeedForward(
                    intermediate: try checkpoint.linear([name(.intermediate)], inputs: hidden, outputs: wide),
                    output: try checkpoint.linear([name(.output)], inputs: wide, outputs: hidden)),
                outputNorm: try checkpoint.layerNorm(
                    "encoder.layer.\(index).output.LayerNorm", width: hidden, epsilon: epsilon))
        }
    }

    private static func validate(_ configuration: Configuration, path: String) throws {
        let sizes = [
            ("hidden_size", configuration.hiddenSize), ("num_hidden_layers", configuration.layerCount),
            ("num_attention_heads", configuration.headCount), ("intermediate_size", configuration.intermediateSize),
            ("vocab_size", configuration.vocabularySize), ("max_position_embeddings", configuration.maximumPositions),
            ("type_vocab_size", configuration.typeCount),
        ]
        for (key, value) in sizes where value < 1 {
            throw TransformerError.unsupportedSetting(path: path, key: key, found: "\(value)", expected: "at least 1")
        }
        guard configuration.hiddenSize % configuration.headCount == 0 else {
            throw TransformerError.unsupportedSetting(
                path: path, key: "hidden_size", found: "\(configuration.hiddenSize)",
                expected: "a multiple of the \(configuration.headCount) heads")
        }
        guard configuration.activation == "gelu" else {
            throw TransformerError.unsupportedSetting(
                path: path, key: "hidden_act", found: configuration.activation, expected: "gelu")
        }
        guard configuration.positionType ?? "absolute" == "absolute" else {
            throw TransformerError.unsupportedSetting(
                path: path, key: "position_embedding_type", found: configuration.positionType ?? "",
                expected: "absolute")
        }
    }
}
