import Adapters
import Schema
import Tensors
import Testing
import TinyBert
import Training
import Transformers

@Suite struct TrainingStepTests {
    let encoder: any TextEncoder
    let record: TinyBert.Record
    let adapter: ClassifierAdapter

    init() throws {
        encoder = try TinyBert.encoder()
        record = try TinyBert.record()
        adapter = try TinyBert.adapter(encoder)
    }

    private var batch: [LossTerm] {
        LossTerm.mean(zip(record.sequences, record.targets).map { TokenizedExample(ids: $0, label: $1) })
    }

    private var options: Recipe.Optimization {
        var options = Recipe.Optimization()
        options.beta1 = record.optimizer.beta1
        options.beta2 = record.optimizer.beta2
        options.epsilon = record.optimizer.epsilon
        options.weightDecay = record.optimizer.weight_decay
        options.gradientClip = record.optimizer.clip
        return options
    }

    private func step(threads: Int, _ adapter: ClassifierAdapter? = nil) -> TrainingStep {
        TrainingStep(
            adapter: adapter ?? self.adapter, encoder: encoder, options: options, seed: 0,
            pool: WorkerPool(count: threads))
    }

    /// Recorded tensors in the order of the adapter's layout.
    private func reference(_ name: String) throws -> [Float] {
        let path = TinyBert.directory.appendingPathComponent("reference/\(name).safetensors").path
        let file = try SafetensorsFile(path: path)
        let names = adapter.layout.projections.flatMap { projection in
            ["A", "B"].map { "base_model.model.\(projection.path).lora_\($0).weight" }
        }
        return try (names + ["classifier.weight", "classifier.bias"]).flatMap { try file.matrix(named: $0).values }
    }

    @Test(arguments: [1, 2, 3])
    func `Loss and gradients equal PyTorch's, however many threads share the batch`(threads: Int) throws {
        let (loss, gradients) = step(threads: threads).gradients(of: batch)
        #expect(abs(loss - record.loss) < 1e-4 * record.loss)
        let expected = try reference("gradients")
        #expect(gradients.count == expected.count)
        for range in adapter.layout.projections.flatMap({ [$0.a, $0.b] }) + [
            adapter.layout.headWeight, adapter.layout.headBias,
        ] {
            // Relative to the tensor's own largest gradient.
            let scale = expected[range].map(abs).max() ?? 0
            for index in range { #expect(abs(gradients[index] - expected[index]) < 1e-4 * scale) }
        }
    }

    @Test func `Eight AdamW steps follow PyTorch's`() throws {
        let step = step(threads: 2)
        for (loss, norm) in zip(record.losses, record.norms) {
            let result = try step.learn(batch, learningRate: record.optimizer.learning_rate)
            #expect(abs(result.loss - loss) < 1e-3 * loss)
            #expect(abs(result.gradientNorm - norm) < 1e-3 * norm)
        }
        let learned = step.snapshot().parameters[0..<adapter.layout.count]
        for (ours, theirs) in zip(learned, try reference("trained")) { #expect(abs(ours - theirs) < 1e-3) }
    }

    @Test func `The same steps give the same bits`() throws {
        func run(threads: Int) throws -> [UInt32] {
            let step = step(threads: threads)
            for _ in 0..<3 { _ = try step.learn(batch, learningRate: 0.01) }
            return step.snapshot().parameters[0..<adapter.layout.count].map(\.bitPattern)
        }
        #expect(try run(threads: 2) == run(threads: 2))
        #expect(try run(threads: 1) == run(threads: 1))
    }

    @Test func `Learning leaves the adapter it started from alone`() throws {
        let before = adapter.parameters[0..<adapter.layout.count]
        _ = try step(threads: 2).learn(batch, learningRate: 0.1)
        #expect(adapter.parameters[0..<adapter.layout.count] == before)
    }

    @Test func `Dropout changes the gradients of A and B, the same way for the same seed`() throws {
        var options = TinyBert.options
        options.dropout = 0.5
        func gradients(_ options: Recipe.AdapterOptions, seed: UInt64) throws -> [Float] {
            let fresh = try ClassifierAdapter(
                options: options, labels: TinyBert.labels, encoder: encoder, seed: 0
            ).replacing(parameters: adapter.parameters[0..<adapter.layout.count])
            let step = TrainingStep(
                adapter: fresh, encoder: encoder, options: self.options, seed: seed, pool: WorkerPool(count: 2))
            return step.gradients(of: batch).gradients
        }
        let plain = try gradients(TinyBert.options, seed: 1)
        let dropped = try gradients(options, seed: 1)
        #expect(dropped != plain)
        #expect(try gradients(options, seed: 1) == dropped)
        #expect(try gradients(options, seed: 2) != dropped)
    }

    @Test func `What a watcher throws stops the step before it changes anything`() throws {
        let step = step(threads: 2)
        let before = step.snapshot().parameters[0..<adapter.layout.count]
        #expect(throws: TrainingError.noExamples) {
            try step.learn(batch, learningRate: 0.1, watch: { _ in throw TrainingError.noExamples })
        }
        #expect(step.snapshot().parameters[0..<adapter.layout.count] == before)
    }
}
