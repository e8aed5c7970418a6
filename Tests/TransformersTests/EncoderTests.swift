import Foundation
import Tensors
import Testing
import Transformers

@Suite("Encoders")
struct EncoderTests {
    static let sequences: [[Int32]] = [
        [1, 7, 9, 23, 2], [1, 2], [1, 30, 31, 32, 33, 34, 35, 36, 37, 38, 2], [1, 49, 2],
    ]

    private func tinyEncoder(packing: Bool = true) throws -> any TextEncoder {
        try EncoderRegistry.loadEncoder(from: Fixtures.path("tiny-bert"), packing: packing)
    }

    /// Unpacked weights need OpenBLAS.
    static let packings = (try? BLAS.information()) == nil ? [true] : [true, false]

    @Test("a random model's features are PyTorch's, packed or not", arguments: packings)
    func tinyFeatures(packing: Bool) throws {
        let expected = try SafetensorsFile(path: Fixtures.path("tiny-bert-step.safetensors")).matrix(named: "features")
        let encoder = try tinyEncoder(packing: packing)
        let tape = Tape(arena: Arena())
        let found = encoder.features(of: PackedBatch(Self.sequences), on: tape)
        #expect(relativeError(tape.read(found), expected.values) < 1e-5)
    }

    @Test("a rest changes no feature", arguments: packings)
    func rest(packing: Bool) throws {
        let encoder = try tinyEncoder(packing: packing)
        func features() -> [[Float]] {
            let tape = Tape(arena: Arena())
            let found = encoder.features(of: PackedBatch(Self.sequences), on: tape)
            return Self.sequences.indices.map { tape.read(found, row: $0) }
        }
        let before = features()
        encoder.rest()
        #expect(features() == before)
    }

    @Test("relatives' features are PyTorch's", arguments: ["tiny-roberta", "tiny-distilbert"])
    func relatives(name: String) throws {
        let recorded = try SafetensorsFile(path: Fixtures.path(name + "/features.safetensors"))
        let encoder = try EncoderRegistry.loadEncoder(from: Fixtures.path(name))
        let sequences = Self.sequences.map { $0.map { $0 == 1 ? 3 : $0 } }
        let tape = Tape(arena: Arena())
        let found = encoder.features(of: PackedBatch(sequences), on: tape)
        #expect(relativeError(tape.read(found), try recorded.matrix(named: "features").values) < 1e-5)
        #expect(encoder.maximumPositions == (name == "tiny-roberta" ? 22 : 24))
    }

    @Test("a low-rank step's logits, loss and gradients are PyTorch's, on one tape and on two")
    func step() throws {
        let recorded = try SafetensorsFile(path: Fixtures.path("tiny-bert-step.safetensors"))
        let encoder = try tinyEncoder()
        let names = recorded.names.filter { $0.hasPrefix("value.") }.map { String($0.dropFirst(6)) }
        let parameters = FloatStorage(try names.flatMap { try recorded.matrix(named: "value." + $0).values })
        var matrices: [String: Matrix] = [:]
        var offset = 0
        for name in names {
            let shape = try recorded.matrix(named: "value." + name)
            matrices[name] = Matrix(storage: parameters, offset: offset, rows: shape.rows, columns: shape.columns)
            offset += shape.count
        }
        let adapter = LowRankAdapter(
            updates: try Dictionary(
                uniqueKeysWithValues: encoder.sites.map { description in
                    let name = "\(description.site.layer).\(description.site.module.rawValue)"
                    return (
                        description.site,
                        LowRankUpdate(
                            down: try #require(matrices[name + ".down"]), up: try #require(matrices[name + ".up"]),
                            scale: 1.5)
                    )
                }))
        let (weight, bias) = (try #require(matrices["head.weight"]), try #require(matrices["head.bias"]))
        let labels = [0, 2, 1, 2]
        let expectedLogits = try recorded.matrix(named: "logits").values
        let expectedLoss = try recorded.matrix(named: "loss").values[0]

        for shares in [[0..<4], [0..<1, 1..<4]] {
            let sum = FloatStorage(count: parameters.count)
            var (logits, loss): ([Float], Float) = ([], 0)
            for share in shares {
                let gradients = FloatStorage(count: parameters.count)
                let tape = Tape(arena: Arena(), parameters: parameters, gradients: gradients)
                let features = encoder.features(
                    of: PackedBatch(Self.sequences[share]), adapter: adapter, scale: 10, on: tape)
                let scores = tape.linear(features, weight: weight, bias: bias)
                let part = crossEntropy(tape.read(scores), labels: Array(labels[share]), divisor: 4)
                logits += tape.read(scores)
                loss += part.loss
                tape.backward(from: scores, seed: part.gradients)
                sum.add(gradients)
            }
            #expect(relativeError(logits, expectedLogits) < 1e-5)
            #expect(abs(loss - expectedLoss) < 1e-5)
            for name in names {
                let matrix = try #require(matrices[name])
                let expected = try recorded.matrix(named: "gradient." + name).values
                #expect(relativeError(sum[matrix.range], expected) < 1e-4, "\(name)")
            }
        }
    }

    /// Σ −log softmax(logits)[label] / divisor, and its gradients; logits are row by row.
    private func crossEntropy(
        _ logits: [Float], labels: [Int], divisor: Float
    ) -> (loss: Float, gradients: [Float]) {
        let width = logits.count / labels.count
        var loss: Float = 0
        var gradients: [Float] = []
        for (row, label) in labels.enumerated() {
            let weights = logits[row * width..<(row + 1) * width].map { exp($0) }
            let sum = weights.reduce(0, +)
            loss += log(sum / weights[label]) / divisor
            gradients += weights.enumerated().map { ($1 / sum - ($0 == label ? 1 : 0)) / divisor }
        }
        return (loss, gradients)
    }

    @Test("a sequence's features are the same bits alone and in any batch")
    func independence() throws {
        let encoder = try tinyEncoder()
        func features(_ sequences: [[Int32]]) -> [[Float]] {
            let tape = Tape(arena: Arena())
            let result = encoder.features(of: PackedBatch(sequences), on: tape)
            return sequences.indices.map { tape.read(result, row: $0) }
        }
        let alone = Self.sequences.map { features([$0])[0] }
        #expect(features(Self.sequences) == alone)
        #expect(features(Self.sequences.reversed()) == alone.reversed())
    }

    @Test("sites name Hugging Face's modules and their widths")
    func sites() throws {
        let sites = try tinyEncoder().sites
        #expect(sites.count == 12)
        #expect(sites[0].path == "encoder.layer.0.attention.self.query")
        #expect(sites[11].path == "encoder.layer.1.output.dense")
        #expect(sites[11].inputWidth == 64 && sites[11].outputWidth == 32)
        #expect(sites.map(\.site) == sites.map(\.site).sorted())
    }

    @Test("all-MiniLM-L6-v2's features are PyTorch's", .enabled(if: Fixtures.baseModel != nil))
    func baseModel() throws {
        let recorded = try SafetensorsFile(path: Fixtures.path("minilm-features.safetensors"))
        let json = try #require(recorded.metadata["sequences"])
        let sequences = try JSONDecoder().decode([[Int32]].self, from: Data(json.utf8))
        let encoder = try EncoderRegistry.loadEncoder(from: #require(Fixtures.baseModel))
        let tape = Tape(arena: Arena())
        let found = encoder.features(of: PackedBatch(sequences), on: tape)
        #expect(relativeError(tape.read(found), try recorded.matrix(named: "features").values) < 1e-5)
    }
}

/// One update for each site, for all rows.
struct LowRankAdapter: SiteAdapter {
    let updates: [Site: LowRankUpdate]

    var lowestLayer: Int { updates.keys.map(\.layer).min() ?? 0 }

    func adapts(_ site: Site) -> Bool { updates[site] != nil }

    func apply(at site: Site, input: Variable, output: Variable.Slice, tape: Tape) {
        guard let update = updates[site] else { return }
        tape.addLowRank([LowRankSegment(rows: 0..<input.rows, update: update)], of: input, to: output)
    }
}
