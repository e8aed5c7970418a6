import Adapters
import Foundation
import Pipeline
import Schema
import Store
import Tensors
import Testing
import TinyBert
import Tokenizers
import Transformers

/// What an exported directory may not hold, however its digests were made to fit.
@Suite("Imported versions")
struct ImportedVersionTests {
    private static let base = ExportedVersion.base
    private let encoder: any TextEncoder
    private let tokenizer: Tokenizer

    init() throws {
        encoder = try TinyBert.encoder()
        let json = """
            {"normalizer": null, "pre_tokenizer": {"type": "BertPreTokenizer"}, "added_tokens": [],
             "post_processor": {"type": "BertProcessing", "cls": ["[CLS]", 2], "sep": ["[SEP]", 3]},
             "model": {"type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##",
               "max_input_chars_per_word": 12, "vocab": {"[PAD]": 0, "[UNK]": 1, "[CLS]": 2, "[SEP]": 3}}}
            """
        tokenizer = try Tokenizer(json: Array(json.utf8))
    }

    /// Exports a version, changes an object in its files, and takes it in.
    @discardableResult
    private func importing(
        changing file: String, _ change: (inout [String: Any]) -> Void = { _ in }
    ) throws -> ImportedVersion {
        try importing { directory in
            let path = directory.appending(path: file)
            var object = try #require(
                try JSONSerialization.jsonObject(with: Data(contentsOf: path)) as? [String: Any])
            change(&object)
            try JSONSerialization.data(withJSONObject: object, options: .sortedKeys).write(to: path)
        }
    }

    /// Exports a version, changes its files, and takes it in.
    ///
    /// - Parameter width: of the features its sums are made for.
    @discardableResult
    private func importing(width: Int = 32, change: (URL) throws -> Void = { _ in }) throws -> ImportedVersion {
        try ExportedVersion.with(width: width, blend: .uncalibrated) { exported in
            try change(exported.directory)
            // As if the line had been written after the change.
            let files = try AdapterFiles(contentsOf: exported.directory)
            return try importing(files.naming(sums: files.sums), in: exported.directory)
        }
    }

    private func importing(_ files: AdapterFiles, in directory: URL) throws -> ImportedVersion {
        try ImportedVersion(files, in: directory, base: Self.base, encoder: encoder, tokenizer: tokenizer)
    }

    @Test("A version as it was exported is taken in, its head included")
    func whole() throws {
        let imported = try importing()
        #expect(try imported.files.lineage() == TinyBert.lineage)
        #expect(imported.analytic?.generation.examples == 2)
        #expect(try importing(changing: "analytic.json").analytic?.generation == imported.analytic?.generation)
    }

    @Test("An adapter of which a bit was changed is refused; where no digest is named, none is asked for")
    func changed() throws {
        try ExportedVersion.with(blend: .uncalibrated) { exported in
            let weights = exported.directory.appending(path: "adapter_model.safetensors")
            var bytes = try Data(contentsOf: weights)
            bytes[bytes.count - 5] ^= 1
            try bytes.write(to: weights)
            let files = try AdapterFiles(contentsOf: exported.directory)
            let error = #expect(throws: AdapterError.self) { try importing(files, in: exported.directory) }
            #expect(error?.description.contains("changed or damaged") == true)

            let manifest = exported.directory.appending(path: "perennial.json")
            let text = try String(contentsOf: manifest, encoding: .utf8)
            let lines = text.split(separator: "\n").filter { !$0.contains("\"adapter\" : \"sha256:") }
            try Data(lines.joined(separator: "\n").utf8).write(to: manifest)
            _ = try importing(AdapterFiles(contentsOf: exported.directory), in: exported.directory)
        }
    }

    @Test(
        "A description that nobody could answer or learn by is refused, and the message names what is wrong",
        arguments: [
            ("training", #"{"examples": 10, "trained": 9223372036854775807}"#),
            ("training", #"{"examples": 9223372036854775807, "trained": 0}"#),
            ("training", #"{"examples": 10, "trained": -1}"#),
            ("blend", #"{"adapter": 1e308, "analytic": 1e308, "alone": 1e308}"#),
            ("blend", #"{"adapter": -1, "analytic": 10, "alone": 10}"#),
            ("ridge", "0"), ("ridge", "-5"), ("examples", "-1"), ("examples", "9223372036854775807"),
            ("bytes", "9223372036854775807"), ("kind", #""lda""#), ("adapted", "true"), ("width", "-5"),
        ])
    func description(key: String, value: String) throws {
        let value = try JSONSerialization.jsonObject(with: Data(value.utf8), options: .fragmentsAllowed)
        let error = #expect(throws: AdapterError.self) {
            try importing(changing: "analytic.json") { $0[key] = value }
        }
        guard case .invalidFile(_, let reason) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(reason.contains(key))
    }

    @Test("A recipe that nobody could learn by is refused with what is wrong", arguments: [Int.min, 0, Int.max])
    func recipe(length: Int) throws {
        let error = #expect(throws: AdapterError.self) {
            try importing(changing: "perennial.json") { object in
                var lineage = object["lineage"] as? [String: Any] ?? [:]
                var recipe = lineage["recipe"] as? [String: Any] ?? [:]
                recipe["max_length"] = length
                lineage["recipe"] = recipe
                object["lineage"] = lineage
            }
        }
        #expect(error?.description.contains("max_length") == true)
    }

    @Test("Scales that float32 does not hold are refused", arguments: [1e39, 1e300])
    func scales(scale: Double) {
        #expect(throws: AdapterError.self) {
            try importing(changing: "perennial.json") {
                $0["features"] = ["pooling": "mean", "normalization": "l2", "scale": scale]
            }
        }
        #expect(throws: AdapterError.self) {
            try importing(changing: "adapter_config.json") { $0["lora_alpha"] = scale }
        }
    }

    @Test("Weights that are finite, but whose answers are not, are refused")
    func weights() throws {
        let error = #expect(throws: AdapterError.self) {
            try importing { directory in
                let head = SafetensorsWriter.encode([
                    .init(name: "classifier.weight", shape: [5, 32], values: [Float](repeating: 3e38, count: 160)),
                    .init(name: "classifier.bias", shape: [5], values: [Float](repeating: 3e38, count: 5)),
                ])
                try Data(head).write(to: directory.appending(path: "head.safetensors"))
            }
        }
        #expect(error?.description.contains("not a number") == true)
    }

    @Test("Sums of features of another width than the base model's are refused with both")
    func features() throws {
        let error = #expect(throws: AdapterError.self) { try importing(width: 4) }
        #expect(error?.description.contains("width 4, not 32") == true)
    }
}
