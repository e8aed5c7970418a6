import Tensors
import Testing
import Transformers

@Suite("Lower layers once")
struct RememberingEncoderTests {
    let encoder: any TextEncoder
    let parameters: FloatStorage
    /// Of the upper of two layers.
    let adapter: LowRankAdapter

    init() throws {
        encoder = try EncoderRegistry.loadEncoder(from: Fixtures.path("tiny-bert"))
        let width = encoder.hiddenSize
        parameters = FloatStorage((0..<4 * width).map { Float($0 % 13) * 0.03 - 0.2 })
        adapter = LowRankAdapter(updates: [
            Site(layer: 1, module: .value): LowRankUpdate(
                down: Matrix(storage: parameters, offset: 0, rows: 2, columns: width),
                up: Matrix(storage: parameters, offset: 2 * width, rows: width, columns: 2), scale: 1.5)
        ])
    }

    private func features(
        _ encoder: any TextEncoder, _ sequences: [[Int32]], adapter: (any SiteAdapter)?
    ) -> [Float] {
        let tape = Tape(arena: Arena())
        return tape.read(encoder.features(of: PackedBatch(sequences), adapter: adapter, on: tape))
    }

    @Test("features are the same bits as without memory, kept or fresh, adapted or not")
    func features() {
        let sequences = EncoderTests.sequences
        let remembering = RememberingEncoder(encoder, layer: 1)
        for adapter in [nil, adapter] as [(any SiteAdapter)?] {
            for order in [[0, 1], [1, 3, 0], [2, 2, 1, 2]] {
                let batch = order.map { sequences[$0] }
                #expect(
                    features(remembering, batch, adapter: adapter) == features(encoder, batch, adapter: adapter))
            }
        }
        let tokens = sequences.reduce(0) { $0 + $1.count }
        #expect(remembering.keptBytes == tokens * encoder.hiddenSize * 4)
    }

    @Test("gradients are the same bits as without memory")
    func gradients() {
        func gradients(_ encoder: any TextEncoder) -> [Float] {
            let gradients = FloatStorage(count: parameters.count)
            let tape = Tape(arena: Arena(), parameters: parameters, gradients: gradients)
            let features = encoder.features(of: PackedBatch(EncoderTests.sequences), adapter: adapter, on: tape)
            tape.backward(from: features, seed: (0..<features.count).map { Float($0 % 7) - 3 })
            return gradients[0..<gradients.count]
        }
        let remembering = RememberingEncoder(encoder, layer: 1)
        let expected = gradients(encoder)
        #expect(expected.contains { $0 != 0 })
        #expect(gradients(remembering) == expected)
        #expect(gradients(remembering) == expected)
    }

    @Test("an adapter below the kept layer is applied all the same")
    func deeper() throws {
        let update = try #require(adapter.updates.values.first)
        let low = LowRankAdapter(updates: [Site(layer: 0, module: .value): update])
        let remembering = RememberingEncoder(encoder, layer: 1)
        let sequences = EncoderTests.sequences
        #expect(features(remembering, sequences, adapter: low) == features(encoder, sequences, adapter: low))
        #expect(remembering.keptBytes == 0)
    }

    @Test("what exceeds the limit is computed each time")
    func limit() {
        let sequences = EncoderTests.sequences
        let bytes = sequences[0].count * encoder.hiddenSize * 4
        let remembering = RememberingEncoder(encoder, layer: 1, limit: bytes)
        for _ in 0..<2 {
            #expect(features(remembering, sequences, adapter: adapter) == features(encoder, sequences, adapter: adapter))
            #expect(remembering.keptBytes == bytes)
        }
    }

    @Test("a sequence that a batch repeats gives the same bits in every place")
    func repeated() {
        let (a, b) = (EncoderTests.sequences[0], EncoderTests.sequences[2])
        let found = features(encoder, [a, b, a, a], adapter: adapter)
        let width = encoder.hiddenSize
        let alone = features(encoder, [a], adapter: adapter)
        for place in [0, 2, 3] { #expect(Array(found[place * width..<(place + 1) * width]) == alone) }
    }
}
