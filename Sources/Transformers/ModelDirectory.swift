import Foundation
import Tensors

/// How a model holds its projections' weights in memory.
struct WeightFormat {
    let packing: Bool
    let precision: Precision
}

/// A model in Hugging Face layout on disk.
struct ModelDirectory {
    let path: String
    let format: WeightFormat

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
            throw TransformerError.invalidConfiguration(path: configurationPath, reason: Self.describe(error, in: data))
        }
    }

    private static func describe(_ error: DecodingError, in data: Data) -> String {
        switch error {
        case .keyNotFound(let key, _): "\"\(key.stringValue)\" is missing"
        case .typeMismatch(let type, let context), .valueNotFound(let type, let context):
            "\"\(context.codingPath.map(\.stringValue).joined(separator: "."))\" must be of type \(type)"
        // The decoder says the same of a number that its type cannot hold.
        case .dataCorrupted where (try? JSONSerialization.jsonObject(with: data)) != nil:
            "one of its numbers is too large, or has a fraction where a whole number belongs"
        case .dataCorrupted: "it is not valid JSON"
        @unknown default: "it cannot be decoded"
        }
    }

    /// Every size must be at least `least`.
    func check(_ sizes: KeyValuePairs<String, Int>, areAtLeast least: Int = 1) throws {
        for (key, value) in sizes where value < least {
            throw unsupported(key, "\(value)", expected: "at least \(least)")
        }
    }

    func check(_ key: String, isPositive value: Double) throws {
        guard Float(value) > 0, Float(value).isFinite else {
            throw unsupported(key, "\(value)", expected: "a number above 0 that float32 holds")
        }
    }

    func check(_ key: String, _ value: Int, isMultipleOf divisor: Int) throws {
        guard value % divisor == 0 else {
            throw unsupported(key, "\(value)", expected: "a multiple of the \(divisor) heads")
        }
    }

    func check(_ key: String, _ value: String, is expected: String) throws {
        guard value == expected else { throw unsupported(key, value, expected: expected) }
    }

    private func unsupported(_ key: String, _ found: String, expected: String) -> TransformerError {
        .unsupportedSetting(path: configurationPath, key: key, found: found, expected: expected)
    }
}
