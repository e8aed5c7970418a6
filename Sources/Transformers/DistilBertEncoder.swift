/// Checkpoints of type `distilbert`: BERT without token types, under names of its own.
///
/// - SeeAlso: Sanh et al. 2019, DistilBERT.
enum DistilBertEncoder {
    static func load(_ directory: ModelDirectory) throws -> PostNormEncoder {
        let configuration = try directory.configuration(as: Configuration.self)
        try directory.check(
            [
                "dim": configuration.hiddenSize, "n_layers": configuration.layerCount,
                "n_heads": configuration.headCount, "hidden_dim": configuration.intermediateSize,
                "vocab_size": configuration.vocabularySize, "max_position_embeddings": configuration.positionCount,
            ])
        try directory.check("dim", configuration.hiddenSize, isMultipleOf: configuration.headCount)
        try directory.check("activation", configuration.activation, is: "gelu")
        let layout = PostNormEncoder.Layout(
            prefixes: ["", "distilbert."], layers: "transformer.layer",
            modules: [
                .query: "attention.q_lin", .key: "attention.k_lin", .value: "attention.v_lin",
                .attentionOutput: "attention.out_lin", .intermediate: "ffn.lin1", .output: "ffn.lin2",
            ],
            attentionNorm: "sa_layer_norm", outputNorm: "output_layer_norm", firstPosition: 0)
        return try PostNormEncoder(directory: directory, shape: configuration.shape, layout: layout)
    }

    private struct Configuration: Decodable {
        let hiddenSize: Int
        let layerCount: Int
        let headCount: Int
        let intermediateSize: Int
        let vocabularySize: Int
        let positionCount: Int
        let activation: String

        enum CodingKeys: String, CodingKey {
            case hiddenSize = "dim"
            case layerCount = "n_layers"
            case headCount = "n_heads"
            case intermediateSize = "hidden_dim"
            case vocabularySize = "vocab_size"
            case positionCount = "max_position_embeddings"
            case activation
        }

        var shape: PostNormEncoder.Shape {
            // The model type fixes its epsilon; the configuration does not hold one.
            PostNormEncoder.Shape(
                hiddenSize: hiddenSize, layerCount: layerCount, headCount: headCount,
                intermediateSize: intermediateSize, vocabularySize: vocabularySize, positionCount: positionCount,
                typeCount: 0, layerNormEpsilon: 1e-12)
        }
    }
}
