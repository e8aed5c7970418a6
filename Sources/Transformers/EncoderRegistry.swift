import Tensors

/// Model types by their name in `config.json`, and how to load each.
public enum EncoderRegistry {
    typealias Loader = @Sendable (ModelDirectory) throws -> any TextEncoder

    private static let loaders: [String: Loader] = [
        "bert": BertEncoder.load,
        "distilbert": DistilBertEncoder.load,
        "roberta": BertEncoder.loadRoberta,
    ]

    /// Model types that can be loaded.
    public static var modelTypes: [String] { loaders.keys.sorted() }

    /// Loads the encoder of a directory in Hugging Face layout: `config.json` and `model.safetensors`.
    ///
    /// - Parameters:
    ///   - packing: copy the weights into the order the kernels read them in, once for each process. Without it all
    ///     weights stay in the mapped file, shared between processes, and products are slower for short inputs.
    ///   - precision: of the products with packed weights.
    /// - Throws: ``TransformerError`` or `TensorError`, such as for a precision this processor does not support.
    public static func loadEncoder(
        from directory: String, packing: Bool = true, precision: Precision = .float32
    ) throws -> any TextEncoder {
        let model = ModelDirectory(path: directory, format: WeightFormat(packing: packing, precision: precision))
        let kind = try model.configuration(as: ModelKind.self).modelType
        guard let loader = loaders[kind] else {
            throw TransformerError.unsupportedModelType(
                path: model.configurationPath, found: kind, supported: modelTypes)
        }
        return try loader(model)
    }

    private struct ModelKind: Decodable {
        let modelType: String

        enum CodingKeys: String, CodingKey {
            case modelType = "model_type"
        }
    }
}
