import Adapters
import Testing
import TinyBert
import Transformers

@Suite struct JoinedAdapterTests {
    let encoder: any TextEncoder
    let adapter: ClassifierAdapter

    init() throws {
        encoder = try TinyBert.encoder()
        adapter = try TinyBert.adapter(encoder)
    }

    private func values(_ adapter: ClassifierAdapter) -> [Float] { adapter.parameters[0..<adapter.layout.count] }

    /// The same low-rank updates under the first three labels and under the last two.
    private func tasks() throws -> [(task: String, adapter: ClassifierAdapter)] {
        let named = try ClassifierAdapter.joined([("all", adapter)], encoder: encoder)
        return [
            ("one", try named.part(of: "all", labels: ["a", "b", "c"], encoder: encoder)),
            ("two", try named.part(of: "all", labels: ["e", "d"], encoder: encoder)),
        ]
    }

    @Test func `Parts of a joined adapter are what was joined, to the last bit`() throws {
        let tasks = try tasks()
        let joined = try ClassifierAdapter.joined(tasks, encoder: encoder)
        #expect(joined.labels == ["one/a", "one/b", "one/c", "two/e", "two/d"])
        for (task, adapter) in tasks {
            let part = try joined.part(of: task, labels: adapter.labels, encoder: encoder)
            #expect(part.labels == adapter.labels)
            #expect(values(part) == values(adapter))
        }
    }

    @Test func `A part answers with the logits of its own rows, and its files are read back`() throws {
        let tokens = try TinyBert.record().sequences[0]
        let classifier = Classifier(encoder: encoder)
        let whole = classifier.logits([(tokens, adapter)], pool: .init(count: 1))[0]
        let two = try tasks()[1].adapter
        let part = classifier.logits([(tokens, two)], pool: .init(count: 1))[0]
        #expect(part == [whole[4], whole[3]])
        let read = try AdapterFiles(two, lineage: TinyBert.lineage).adapter(for: encoder)
        #expect(values(read) == values(two) && read.labels == ["e", "d"])
    }

    @Test func `A joined adapter grows behind its last row, whosever it is`() throws {
        let joined = try ClassifierAdapter.joined(try tasks(), encoder: encoder)
        let grown = try joined.growing(to: joined.labels + ["one/new"], encoder: encoder)
        let one = try grown.part(of: "one", labels: ["a", "b", "c", "new"], encoder: encoder)
        let old = try tasks()[0].adapter
        #expect(one.headWeight.values.prefix(old.headWeight.values.count) == old.headWeight.values[...])
        #expect(one.headWeight.values.suffix(one.layout.featureWidth).allSatisfy { $0 == 0 })
    }

    @Test func `Without its head an adapter keeps its low-rank updates, and other labels grow on them`() throws {
        let bare = try adapter.headless(encoder: encoder)
        #expect(bare.labels.isEmpty)
        #expect(values(bare) == Array(values(adapter)[..<adapter.layout.headWeight.lowerBound]))
        let grown = try bare.growing(to: ["x"], encoder: encoder)
        #expect(values(grown).starts(with: values(bare)) && grown.headWeight.values.allSatisfy { $0 == 0 })
        #expect(try adapter.hasShape(of: TinyBert.options, encoder: encoder))
        var shallower = TinyBert.options
        shallower.layers = 1
        #expect(try adapter.hasShape(of: shallower, encoder: encoder), "an adapter may have deepened since")
        var wider = TinyBert.options
        wider.rank += 1
        #expect(try !adapter.hasShape(of: wider, encoder: encoder))
        var louder = TinyBert.options
        louder.alpha *= 2
        #expect(try !adapter.hasShape(of: louder, encoder: encoder))
    }

    @Test func `Adapters whose low-rank updates differ are not joined, and both tasks are named`() throws {
        let tasks = try tasks()
        var changed = values(tasks[1].adapter)
        changed[0] += 1
        let other = tasks[1].adapter.replacing(parameters: changed)
        #expect(throws: AdapterError.notShared(first: "one", second: "two")) {
            _ = try ClassifierAdapter.joined([tasks[0], ("two", other)], encoder: encoder)
        }
    }
}
