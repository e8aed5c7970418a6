import Foundation
import Tensors

/// Model types by their name in `config.json`, and how to load each.
public enum EncoderRegistry {
    typealias Loader = @Sendable (ModelDirectory) throws -> any TextEncoder

    private static let loaders: [String: Loader] = [
        "bert": { try BertEncoder(directory: $0) }
    ]

    /// Model types that can be loaded.
    public static var modelTypes: [String] { loaders.keys.sorted() }

    /// Loads the encoder of a directory in Hugging Face layout: `config.json` and `model.safetensors`.
    ///
    /// - Parameter packing: copy the weights into the order the kernels read them in, once for each process. Without
    ///   it all weights stay in the mapped file, shared between processes, and products are slower for short inputs.
    /// - Throws: ``TransformerError`` or `TensorError`.
    public static func loadEncoder(from directory: String, packing: Bool = true) throws -> any TextEncoder {
        let model = ModelDirectory(path: directory, packing: packing)
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

/// A model in Hugging Face layout on disk.
struct ModelDirectory {
    let path: String
    let packing: Bool

    var configurationPath: String { path + "/config.json" }
    var weightsPath: String { path + "/model.safetensors" }

    func configuration<Configuration: Decodable>(as type: Configuration.Type) throws -> Configuration {
        guard let data = FileManager.default.contents(atPath: configurationPath) else {
            throw TransformerError.invalidConfiguration(
                path: configurationPath, reason: "the file is missing or cannot be read; pull the model")
        }
        do {
            return try JSONDecoder().decode(type, from: data)
        } catch let error as DecodingError {
            throw TransformerError.invalidConfiguration(path: configurationPath, reason: Self.describe(error))
        }
    }

    private static func describe(_ error: DecodingError) -> String {
        switch error {
        case .keyNotFound(let key, _): "\"\(key.stringValue)\" is missing"
        case .typeMismatch(let type, let context), .valueNotFound(let type, let context):
            "\"\(context.codingPath.map(\.stringValue).joined(separator: "."))\" must be of type \(type)"
        case .dataCorrupted: "it is not valid JSON"
        @unknown default: "it cannot be decoded"
        }
    }
}
