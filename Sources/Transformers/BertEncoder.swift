/// Checkpoints of type `bert`, and of type `roberta`, which differs in where its positions start.
///
/// - SeeAlso: Devlin et al. 2019, BERT; Liu et al. 2019, RoBERTa.
enum BertEncoder {
    static func load(_ directory: ModelDirectory) throws -> PostNormEncoder {
        try load(directory, prefix: "bert.", firstPosition: 0)
    }

    /// RoBERTa's position table begins with two rows for padding that no token uses.
    static func loadRoberta(_ directory: ModelDirectory) throws -> PostNormEncoder {
        try load(directory, prefix: "roberta.", firstPosition: 2)
    }

    private static func load(
        _ directory: ModelDirectory, prefix: String, firstPosition: Int
    ) throws -> PostNormEncoder {
        let configuration = try directory.configuration(as: Configuration.self)
        try directory.check(
            [
                "hidden_size": configuration.hiddenSize, "num_hidden_layers": configuration.layerCount,
                "num_attention_heads": configuration.headCount, "intermediate_size": configuration.intermediateSize,
                "vocab_size": configuration.vocabularySize, "type_vocab_size": configuration.typeCount,
            ])
        try directory.check(
            ["max_position_embeddings": configuration.positionCount], areAtLeast: firstPosition + 1)
        try directory.check("hidden_size", configuration.hiddenSize, isMultipleOf: configuration.headCount)
        try directory.check("hidden_act", configuration.activation, is: "gelu")
        try directory.check("position_embedding_type", configuration.positionType ?? "absolute", is: "absolute")
        try directory.check("layer_norm_eps", isPositive: configuration.layerNormEpsilon)
        let layout = PostNormEncoder.Layout(
            prefixes: ["", prefix], layers: "encoder.layer",
            modules: [
                .query: "attention.self.query", .key: "attention.self.key", .value: "attention.self.value",
                .attentionOutput: "attention.output.dense", .intermediate: "intermediate.dense",
                .output: "output.dense",
            ],
            attentionNorm: "attention.output.LayerNorm", outputNorm: "output.LayerNorm",
            firstPosition: firstPosition)
        return try PostNormEncoder(directory: directory, shape: configuration.shape, layout: layout)
    }

    private struct Configuration: Decodable {
        let hiddenSize: Int
        let layerCount: Int
        let headCount: Int
        let intermediateSize: Int
        let vocabularySize: Int
        let positionCount: Int
        let typeCount: Int
        let layerNormEpsilon: Double
        let activation: String
        let positionType: String?

        enum CodingKeys: String, CodingKey {
            case hiddenSize = "hidden_size"
            case layerCount = "num_hidden_layers"
            case headCount = "num_attention_heads"
            case intermediateSize = "intermediate_size"
            case vocabularySize = "vocab_size"
            case positionCount = "max_position_embeddings"
            case typeCount = "type_vocab_size"
            case layerNormEpsilon = "layer_norm_eps"
            case activation = "hidden_act"
            case positionType = "position_embedding_type"
        }

        var shape: PostNormEncoder.Shape {
            PostNormEncoder.Shape(
                hiddenSize: hiddenSize, layerCount: layerCount, headCount: headCount,
                intermediateSize: intermediateSize, vocabularySize: vocabularySize, positionCount: positionCount,
                typeCount: typeCount, layerNormEpsilon: Float(layerNormEpsilon))
        }
    }
}
