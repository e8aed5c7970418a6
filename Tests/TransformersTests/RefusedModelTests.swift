import Foundation
import Tensors
import Testing
import Transformers

/// What a checkpoint or its configuration must not hold.
@Suite("Models that would fail later are refused as they are loaded:")
struct RefusedModelTests {
    @Test(
        "a weight that is not a finite number, naming its tensor", arguments: [Float.nan, .infinity],
        ["embeddings.word_embeddings.weight", "encoder.layer.1.output.dense.weight", "embeddings.LayerNorm.bias"])
    func weights(value: Float, name: String) throws {
        try Fixtures.withModel { path in
            let weights = path + "/model.safetensors"
            let file = try SafetensorsFile(path: weights)
            let tensors = try file.names.map { tensor in
                var values = try file.matrix(named: tensor).values
                if tensor == name { values[values.count / 2] = value }
                return SafetensorsWriter.Tensor(
                    name: tensor, shape: try file.description(of: tensor).shape, values: values)
            }
            try Data(SafetensorsWriter.encode(tensors)).write(to: URL(filePath: weights))
            #expect(
                throws: TensorError.invalidTensor(
                    path: weights, tensor: name, reason: "it has elements that are not finite numbers")
            ) { try EncoderRegistry.loadEncoder(from: path) }
        }
    }

    @Test("more layers than there are, naming the first that is missing", arguments: [3, 1_000_000_000, Int.max])
    func layers(count: Int) throws {
        try Fixtures.withModel(editing: { $0["num_hidden_layers"] = count }) { path in
            #expect(
                throws: TensorError.missingTensor(
                    path: path + "/model.safetensors", tensor: "encoder.layer.2.attention.self.query.weight")
            ) { try EncoderRegistry.loadEncoder(from: path) }
        }
    }

    @Test("positions that only padding has", arguments: [Int.min, -1, 0, 2])
    func positions(count: Int) throws {
        try Fixtures.withModel("tiny-roberta", editing: { $0["max_position_embeddings"] = count }) { path in
            #expect(
                throws: TransformerError.unsupportedSetting(
                    path: path + "/config.json", key: "max_position_embeddings", found: "\(count)",
                    expected: "at least 3")
            ) { try EncoderRegistry.loadEncoder(from: path) }
        }
    }

    @Test("an epsilon that no float32 holds or that is not positive, naming it", arguments: [-1e9, 0, 1e300])
    func epsilon(value: Double) throws {
        try Fixtures.withModel(editing: { $0["layer_norm_eps"] = value }) { path in
            let error = #expect(throws: TransformerError.self) { try EncoderRegistry.loadEncoder(from: path) }
            #expect(error?.description.contains("layer_norm_eps is \(value)") == true)
        }
    }

    @Test("a number that its type does not hold, which is valid JSON")
    func fractions() throws {
        try Fixtures.withModel(editing: { $0["hidden_size"] = 32.5 }) { path in
            let error = #expect(throws: TransformerError.self) { try EncoderRegistry.loadEncoder(from: path) }
            #expect(error?.description.contains("fraction") == true)
        }
    }
}
