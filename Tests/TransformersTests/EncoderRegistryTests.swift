import Foundation
import Tensors
import Testing
import Transformers

@Suite("Model directories")
struct EncoderRegistryTests {
    @Test("of an unknown type are refused with the types that are known")
    func unknownType() throws {
        try Fixtures.withModel(editing: { $0["model_type"] = "mamba" }) { path in
            #expect(
                throws: TransformerError.unsupportedModelType(
                    path: path + "/config.json", found: "mamba", supported: EncoderRegistry.modelTypes)
            ) {
                try EncoderRegistry.loadEncoder(from: path)
            }
        }
    }

    @Test(
        "with settings that cannot be followed are refused, naming the key",
        arguments: [
            ("hidden_act", "relu"), ("position_embedding_type", "relative_key"), ("hidden_size", "0"),
            ("num_attention_heads", "5"),
        ])
    func unsupportedSettings(key: String, value: String) throws {
        try Fixtures.withModel(editing: { $0[key] = Int(value) ?? value as Any }) { path in
            let error = #expect(throws: TransformerError.self) { try EncoderRegistry.loadEncoder(from: path) }
            let named = key == "num_attention_heads" ? "hidden_size" : key
            #expect(error?.description.contains(named) == true)
        }
    }

    @Test("without a key are refused, naming it")
    func missingKey() throws {
        try Fixtures.withModel(editing: { $0["hidden_size"] = nil }) { path in
            #expect(
                throws: TransformerError.invalidConfiguration(
                    path: path + "/config.json", reason: "\"hidden_size\" is missing")
            ) { try EncoderRegistry.loadEncoder(from: path) }
        }
    }

    @Test("whose weights have another shape are refused, naming the tensor")
    func shapes() throws {
        try Fixtures.withModel(editing: { $0["vocab_size"] = 51 }) { path in
            #expect(
                throws: TensorError.unexpectedShape(
                    path: path + "/model.safetensors", tensor: "embeddings.word_embeddings.weight", found: [50, 32],
                    expected: [51, 32])
            ) { try EncoderRegistry.loadEncoder(from: path) }
        }
    }

    @Test("that do not exist are refused")
    func missing() {
        let error = #expect(throws: TransformerError.self) { try EncoderRegistry.loadEncoder(from: "/nonexistent") }
        #expect(error?.description.contains("/nonexistent/config.json") == true)
    }

    @Test("whose checkpoint names start with \"bert.\" give the same features")
    func prefixedNames() throws {
        try Fixtures.withModel(editing: { _ in }) { path in
            let sequence: [Int32] = [1, 5, 2]
            func features() throws -> [Float] {
                let tape = Tape(arena: Arena())
                let encoder = try EncoderRegistry.loadEncoder(from: path)
                return tape.read(encoder.features(of: PackedBatch([sequence]), on: tape))
            }
            let expected = try features()
            let file = try SafetensorsFile(path: path + "/model.safetensors")
            let tensors = try file.names.map { name in
                SafetensorsWriter.Tensor(
                    name: "bert." + name, shape: try file.description(of: name).shape,
                    values: try file.matrix(named: name).values)
            }
            try Data(SafetensorsWriter.encode(tensors)).write(to: URL(filePath: path + "/model.safetensors"))
            #expect(try features() == expected)
        }
    }
}
