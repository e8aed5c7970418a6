import Replay
import Testing

@Suite("Budgets")
struct BudgetTests {
    static let cases: [(Retention, Int, Int)] = Retention.allCases.flatMap { retention in
        [(retention, 50, 1 << 20), (retention, 10_000, 4_096), (retention, 400, 9_000), (retention, 1, 1_024)]
    }

    @Test("are never exceeded", arguments: cases)
    func kept(retention: Retention, exemplars: Int, bytes: Int) throws {
        var memory = try memory(exemplars: exemplars, bytes: bytes, retention: retention)
        for (number, example) in stream(1_500).enumerated() {
            try memory.offer(example)
            #expect(memory.count <= exemplars)
            if number % 250 == 249 {
                let encoded = try memory.encode()
                #expect(encoded.count <= bytes)
                #expect(memory.storedBytes == encoded.count)
                #expect(!memory.isEmpty)
            }
        }
    }

    @Test("A byte budget is used, not merely kept", arguments: Retention.allCases)
    func used(retention: Retention) throws {
        var memory = try memory(exemplars: 100_000, bytes: 8_192, retention: retention, offering: stream(3_000))
        #expect(try memory.encode().count > 8_192 * 3 / 4)
    }

    @Test("Texts larger than the whole budget leave nothing behind but a sound memory")
    func oversized() throws {
        var generator = SeededGenerator(seed: 0)
        let noise = String((0..<30_000).map { _ in Character(UnicodeScalar(33 + UInt8(generator.uniform(below: 90)))) })
        var memory = try memory(bytes: 1_024, offering: [Exemplar(text: noise, label: "long", sequence: 0)])
        #expect(try memory.encode().count <= 1_024)
        #expect(memory.isEmpty)
        try memory.offer(Exemplar(text: "short", label: "long", sequence: 1))
        #expect(try ReplayMemory(decoding: memory.encode()).exemplars().map(\.text) == ["short"])
    }

    @Test("Names of labels count, and go when nothing else fits")
    func manyNames() throws {
        let examples = (0..<2_000).map {
            Exemplar(text: "text \($0)", label: "label number \($0 &* 7_919)", sequence: Int64($0))
        }
        var memory = try memory(bytes: 1_024, offering: examples)
        #expect(try memory.encode().count <= 1_024)
    }

    @Test("Lowering a budget lets exemplars leave", arguments: Retention.allCases)
    func lowered(retention: Retention) throws {
        var memory = try memory(retention: retention, offering: stream(500))
        memory.configure(try ReplayConfiguration(maximumExemplars: 100, maximumBytes: 2_048, retention: retention))
        #expect(memory.count == 100)
        #expect(try memory.encode().count <= 2_048)
    }

    @Test("Impossible budgets are refused by name", arguments: [(-1, 4_096), (10, 1_023), (1 << 40, 4_096)])
    func impossible(exemplars: Int, bytes: Int) {
        #expect {
            try ReplayConfiguration(maximumExemplars: exemplars, maximumBytes: bytes)
        } throws: { error in
            guard case ReplayError.invalidConfiguration(let name, let value, _) = error else { return false }
            return (name, value) == (bytes < 1_024 ? ("maximumBytes", bytes) : ("maximumExemplars", exemplars))
        }
    }
}
