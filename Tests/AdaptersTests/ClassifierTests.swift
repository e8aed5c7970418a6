import Adapters
import Tensors
import Testing
import TinyBert
import Transformers

@Suite struct ClassifierTests {
    let encoder: any TextEncoder
    let pool = WorkerPool(count: 2)

    init() throws { encoder = try TinyBert.encoder() }

    @Test func `Features and logits equal those of PyTorch and PEFT`() throws {
        let record = try TinyBert.record()
        let adapter = try TinyBert.adapter(encoder)
        let outputs = Classifier(encoder: encoder).outputs(
            record.sequences.map { .init(tokens: $0, adapter: adapter) }, pool: pool)
        for (index, output) in outputs.enumerated() {
            for (ours, theirs) in zip(output.features, record.features[index]) {
                #expect(abs(ours * 10 - theirs) < 1e-4)
            }
            for (ours, theirs) in zip(output.logits, record.logits[index]) { #expect(abs(ours - theirs) < 1e-4) }
        }
    }

    @Test func `Logits of features are those of the pass that made them, whichever adapter has the same features`() throws {
        let texts = try TinyBert.record().sequences
        let adapter = try TinyBert.adapter(encoder)
        let grown = try adapter.growing(to: TinyBert.labels + ["f"], encoder: encoder)
        let classifier = Classifier(encoder: encoder)
        let outputs = classifier.outputs(texts.map { .init(tokens: $0, adapter: grown) }, pool: pool)
        let features = classifier.features(texts, adapter: adapter, pool: pool)
        #expect(features == outputs.map(\.features))
        #expect(classifier.logits(of: features, grown, pool: pool) == outputs.map(\.logits))
        #expect(classifier.logits(of: [], grown, pool: pool).isEmpty)

        #expect(grown.featureDigest == adapter.featureDigest)
        var parameters = adapter.parameters[0..<adapter.layout.count]
        parameters[adapter.layout.headBias.lowerBound] += 1
        #expect(adapter.replacing(parameters: parameters).featureDigest == adapter.featureDigest)
        parameters[0] += 1
        #expect(adapter.replacing(parameters: parameters).featureDigest != adapter.featureDigest)
    }

    @Test func `An untrained adapter leaves the base model's features as they are`() throws {
        let texts = try TinyBert.record().sequences
        let adapter = try ClassifierAdapter(options: TinyBert.options, labels: ["a"], encoder: encoder, seed: 3)
        let classifier = Classifier(encoder: encoder)
        let plain = classifier.features(texts, pool: pool)
        let adapted = classifier.features(texts, adapter: adapter, pool: pool)
        #expect(plain == adapted)
        for features in plain { #expect(abs(features.reduce(0) { $0 + $1 * $1 } - 1) < 1e-5) }
    }

    @Test(arguments: [1, 2, 3], Precision.allCases.filter(\.isSupported))
    func `An answer is the same bits alone and in any mixed batch`(threads: Int, precision: Precision) throws {
        let encoder = try TinyBert.encoder(precision: precision)
        let first = try TinyBert.adapter(encoder)
        let second = try first.growing(to: TinyBert.labels + ["f"], encoder: encoder)
            .replacing(parameters: (0..<first.layout.count + 33).map { Float($0 % 17) * 0.02 - 0.15 })
        let adapters = [first, second, nil]
        var generator = SeededGenerator(seed: 5, stream: UInt64(threads))
        let requests = (0..<200).map { index in
            let length = Int.random(in: 1...16, using: &generator)
            return Classifier.Request(
                tokens: (0..<length).map { _ in Int32.random(in: 0..<64, using: &generator) },
                adapter: adapters[index * 7 % 3])
        }
        let classifier = Classifier(encoder: encoder)
        let together = classifier.outputs(requests, pool: WorkerPool(count: threads))
        for (request, output) in zip(requests, together) {
            #expect(classifier.outputs([request], pool: pool) == [output])
            #expect(output.logits.count == request.adapter?.labels.count ?? 0)
        }
    }

    @Test func `The base model's features beside an adapter's answer cost it no bit`() throws {
        var options = TinyBert.options
        options.layers = 1
        let untrained = try ClassifierAdapter(options: options, labels: ["a", "b"], encoder: encoder, seed: 3)
        let adapter = untrained.replacing(
            parameters: (0..<untrained.layout.count).map { Float($0 % 17) * 0.02 - 0.15 })
        let classifier = Classifier(encoder: encoder)
        let texts = try TinyBert.record().sequences
        for count in [1, texts.count] {
            let requests = texts.prefix(count).flatMap { text in
                [Classifier.Request(tokens: text, adapter: nil), Classifier.Request(tokens: text, adapter: adapter)]
            }
            let alone = requests.map { classifier.outputs([$0], pool: pool)[0] }
            #expect(classifier.outputs(requests, pool: pool) == alone)
            #expect(alone[0].features != alone[1].features)
        }
    }

    @Test(arguments: zip([Precision.bfloat16, .int8], [Float(0.9995), 0.998]))
    func `Features of a reduced precision point where those of float32 do`(
        precision: Precision, cosine: Float
    ) throws {
        guard precision.isSupported else {
            #expect(throws: TensorError.self) { _ = try TinyBert.encoder(precision: precision) }
            return
        }
        let texts = try TinyBert.record().sequences
        let adapter = try TinyBert.adapter(encoder)
        let exact = Classifier(encoder: encoder).features(texts, adapter: adapter, pool: pool)
        let found = Classifier(encoder: try TinyBert.encoder(precision: precision))
            .features(texts, adapter: adapter, pool: pool)
        for (x, y) in zip(found, exact) { #expect(zip(x, y).reduce(0) { $0 + $1.0 * $1.1 } > cosine) }
        #expect(found != exact)
    }

    @Test func `No requests have no outputs`() {
        #expect(Classifier(encoder: encoder).outputs([], pool: pool).isEmpty)
    }
}

@Suite struct TokenBalanceTests {
    @Test(arguments: [
        ([4, 4, 4, 4], 2, [0..<2, 2..<4]), ([8, 1, 1, 1], 2, [0..<1, 1..<4]), ([5], 2, [0..<1, 1..<1]),
        ([], 2, [0..<0, 0..<0]), ([1, 1, 1], 3, [0..<1, 1..<2, 2..<3]),
    ])
    func `Consecutive shares have about as many tokens`(lengths: [Int], shares: Int, expected: [Range<Int>]) {
        #expect(TokenBalance.consecutive(lengths: lengths, shares: shares) == expected)
    }

    @Test func `Scattered shares put the longest first where there is least`() {
        #expect(TokenBalance.scattered(lengths: [1, 9, 5, 4, 3], shares: 2) == [[1, 4], [0, 2, 3]])
        #expect(TokenBalance.scattered(lengths: [], shares: 2) == [[], []])
    }

    @Test func `Every sequence has exactly one share`() {
        var generator = SeededGenerator(seed: 1, stream: 0)
        for _ in 0..<200 {
            let lengths = (0..<Int.random(in: 0..<40, using: &generator)).map { _ in
                Int.random(in: 1...64, using: &generator)
            }
            let shares = Int.random(in: 1...5, using: &generator)
            let consecutive = TokenBalance.consecutive(lengths: lengths, shares: shares)
            let scattered = TokenBalance.scattered(lengths: lengths, shares: shares)
            #expect(consecutive.count == shares && scattered.count == shares)
            #expect(consecutive.flatMap(Array.init) == Array(lengths.indices))
            #expect(scattered.joined().sorted() == Array(lengths.indices))
        }
    }
}
