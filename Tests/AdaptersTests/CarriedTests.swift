import Adapters
import Foundation
import Tensors
import Testing
import TinyBert
import Transformers

@Suite struct CarriedTests {
    let encoder: any TextEncoder
    let adapter: ClassifierAdapter

    init() throws {
        encoder = try TinyBert.encoder()
        adapter = try TinyBert.adapter(encoder)
    }

    private var carrying: ClassifierAdapter {
        adapter.carrying(["fisher": (0..<adapter.layout.count).map { Float($0) }])
    }

    @Test func `What is carried is a file of the adapter and part of its name`() throws {
        let files = try AdapterFiles(carrying, lineage: TinyBert.lineage)
        #expect(files.contents.count == AdapterFiles.names.count + 1)
        #expect(try files.digest != AdapterFiles(adapter, lineage: TinyBert.lineage).digest)
        let directory = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
        defer { try? FileManager.default.removeItem(at: directory) }
        try files.write(to: directory)
        let read = try AdapterFiles(contentsOf: directory)
        #expect(read.digest == files.digest)
        #expect(try read.adapter(for: encoder).carried == carrying.carried)
    }

    @Test func `A carried tensor of another size is refused`() throws {
        let directory = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
        defer { try? FileManager.default.removeItem(at: directory) }
        try AdapterFiles(carrying, lineage: TinyBert.lineage).write(to: directory)
        let grown = try carrying.growing(to: TinyBert.labels + ["f"], encoder: encoder)
        let other = try AdapterFiles(grown, lineage: TinyBert.lineage)
        try #require(other.contents["method.safetensors"])
            .write(to: directory.appendingPathComponent("method.safetensors"))
        #expect(throws: AdapterError.self) { try AdapterFiles(contentsOf: directory).adapter(for: encoder) }
    }

    @Test func `What is carried grows with the head, zero for new labels`() throws {
        let grown = try carrying.growing(to: TinyBert.labels + ["f"], encoder: encoder)
        let values = try #require(grown.carried["fisher"])
        let (old, new) = (adapter.layout, grown.layout)
        #expect(Array(values[..<old.headWeight.upperBound]) == (0..<old.headWeight.upperBound).map { Float($0) })
        #expect(values[old.headWeight.upperBound..<new.headWeight.upperBound].allSatisfy { $0 == 0 })
        #expect(Array(values[new.headBias]) == old.headBias.map { Float($0) } + [0])
    }

    private func expectSameAnswers(_ one: ClassifierAdapter, _ other: ClassifierAdapter) {
        let texts: [[Int32]] = [[1, 2, 3], [4, 5]]
        let (classifier, pool) = (Classifier(encoder: encoder), WorkerPool(count: 1))
        func answers(_ adapter: ClassifierAdapter) -> [Float] {
            Array(classifier.logits(texts.map { ($0, adapter) }, pool: pool).joined())
        }
        let (first, second) = (answers(one), answers(other))
        #expect(first.count == texts.count * one.labels.count && second.count == first.count)
        for (a, b) in zip(first, second) { #expect(abs(a - b) < 1e-4) }
    }

    @Test func `A wider adapter answers the same`() throws {
        let wide = try adapter.widening(by: 2, encoder: encoder, seed: 4)
        #expect(wide.layout.rank == adapter.layout.rank + 2)
        #expect(abs(wide.options.scaling - adapter.options.scaling) < 1e-6)
        expectSameAnswers(adapter, wide)
    }

    @Test func `A deeper adapter answers the same, and has rows on every layer`() throws {
        var options = TinyBert.options
        options.layers = 1
        let flat = try ClassifierAdapter(options: options, labels: TinyBert.labels, encoder: encoder, seed: 1)
        var generator = SeededGenerator(seed: 2, stream: 0)
        let shallow = flat.replacing(parameters: (0..<flat.layout.count).map { _ in generator.nextSymmetric(0.3) })
            .carrying(["fisher": Array(repeating: 1, count: flat.layout.count)])
        let deep = try shallow.deepening(encoder: encoder, seed: 3)
        #expect(shallow.layout.lowestLayer == 1 && deep.layout.lowestLayer == 0)
        #expect(deep.options.layers == 0 && deep.labels == shallow.labels && deep.carried.isEmpty)
        expectSameAnswers(shallow, deep)
        // The new rows can learn: A is not zero where B is.
        let fresh = try #require(deep.layout.projections.first)
        #expect(deep.parameters[fresh.a].contains { $0 != 0 } && deep.parameters[fresh.b].allSatisfy { $0 == 0 })
    }
}
