import Replay
import Testing

@Suite("Encoding")
struct CodingTests {
    @Test("brings back every exemplar and every statistic", arguments: [0, 1, 127, 128, 129, 1_000])
    func roundTrip(count: Int) throws {
        var original = try memory(offering: stream(count))
        let bytes = try original.encode()
        var restored = try ReplayMemory(decoding: bytes)
        #expect(try restored.exemplars() == original.exemplars())
        #expect(restored.statistics() == original.statistics())
        #expect(restored.configuration == original.configuration)
        #expect(try restored.encode() == bytes)
    }

    @Test("brings back extreme values")
    func extremes() throws {
        let texts = ["", "\u{0}", "a\nb\r\n", "\u{10FFFF}", "👩‍👩‍👧", String(repeating: "long ", count: 40_000)]
        let sequences: [Int64] = [.min, -1, 0, 1, .max, .max]
        let examples = zip(texts, sequences).enumerated().map { number, pair in
            Exemplar(
                text: pair.0, label: number % 2 == 0 ? "" : "ü", sequence: pair.1,
                experience: [Int.min, 0, Int.max][number % 3], source: number == 3 ? "" : nil)
        }
        var memory = try memory(offering: examples)
        #expect(Set(try ReplayMemory(decoding: memory.encode()).exemplars()) == Set(examples))
    }

    @Test("Random memories come back whole", arguments: 0..<20)
    func randomRoundTrip(seed: Int) throws {
        var generator = SeededGenerator(seed: UInt64(seed))
        var memory = try memory(
            exemplars: 1 + generator.uniform(below: 600), bytes: 2_000 + generator.uniform(below: 20_000),
            retention: Retention.allCases[seed % 3], seed: UInt64(seed))
        for step in 0..<6 {
            let examples = stream(200, labels: 1 + seed, seed: UInt64(seed), start: 200 * step)
            for example in examples { try memory.offer(example) }
            if let gone = examples.randomElement(using: &generator) { memory.remove(text: gone.text) }
            let bytes = try memory.encode()
            #expect(try ReplayMemory(decoding: bytes).exemplars() == memory.exemplars())
        }
    }

    @Test("A restored memory continues as if it had never stopped", arguments: Retention.allCases)
    func continuation(retention: Retention) throws {
        for bytes in [1 << 20, 6_000] {
            var running = try memory(exemplars: 200, bytes: bytes, retention: retention, offering: stream(1_000))
            var restored = try ReplayMemory(decoding: running.encode())
            for example in stream(1_000, seed: 1, start: 1_000) {
                #expect(try running.offer(example) == restored.offer(example))
            }
            #expect(try running.encode() == restored.encode())
        }
    }

    @Test("Equal offers give equal bytes, and another seed gives another sample")
    func determinism() throws {
        var first = try memory(exemplars: 100, seed: 1, offering: stream(2_000))
        var second = try memory(exemplars: 100, seed: 1, offering: stream(2_000))
        var other = try memory(exemplars: 100, seed: 2, offering: stream(2_000))
        #expect(try first.encode() == second.encode())
        #expect(try first.exemplars() != other.exemplars())
        _ = try other.encode()
    }

    @Test("A copy is a snapshot")
    func snapshot() throws {
        var memory = try memory(exemplars: 100, offering: stream(300))
        let bytes = try memory.encode()
        var copy = memory
        for example in stream(600, seed: 9, start: 1_000) { try memory.offer(example) }
        #expect(try memory.encode() != bytes)
        #expect(try copy.encode() == bytes)
    }

    @Test("Many threads read one memory at once and see the same")
    func concurrency() async throws {
        var original = try memory(offering: stream(1_000))
        let memory = try ReplayMemory(decoding: original.encode())
        let expected = try original.exemplars()
        try await withThrowingTaskGroup(of: Bool.self) { group in
            for reader in 0..<8 {
                group.addTask {
                    var generator = SeededGenerator(seed: UInt64(reader))
                    for _ in 0..<2_000 {
                        let index = generator.uniform(below: 1_000)
                        guard try memory.exemplar(at: index) == expected[index] else { return false }
                    }
                    return true
                }
            }
            for try await agreed in group { #expect(agreed) }
        }
    }

    @Test("Statistics count what was put in")
    func statistics() throws {
        let examples = (0..<6).map {
            Exemplar(text: "12345678", label: "x", sequence: Int64($0), experience: $0 / 4)
        }
        var distinct = examples
        for number in distinct.indices { distinct[number].text = "1234567\(number)" }
        let statistics = try memory(exemplars: 4, retention: .window, offering: distinct).statistics()
        #expect(statistics.exemplars == 4)
        #expect(statistics.offered == 6)
        #expect(statistics.labels.map(\.name) == ["x"])
        #expect(statistics.labels.map(\.exemplars) == [4])
        #expect(statistics.labels.map(\.offered) == [6])
        #expect(statistics.experiences == [0: 2, 1: 2])
        #expect(statistics.age?.oldest == 2)
        #expect(statistics.age?.newest == 5)
        #expect(statistics.age?.mean == 3.5)
        #expect(statistics.textBytes == 32)
        #expect(statistics.unsealed == 4)
    }

    @Test("Numbers outside the memory are refused", arguments: [-1, 3])
    func outside(index: Int) throws {
        let memory = try memory(offering: stream(3))
        #expect(throws: ReplayError.indexOutOfRange(index: index, count: 3)) { try memory.exemplar(at: index) }
    }

    @Test("The benchmark counts every byte and reads every exemplar")
    func benchmark() throws {
        let examples = stream(500).map { (text: $0.text, label: $0.label) }
        let result = try ReplayBenchmark.run(examples, rawBytes: 50_000, reads: 1_000)
        #expect(result.examples == 500)
        #expect(result.ratio == 50_000 / Double(result.storedBytes))
        #expect(result.readsPerSecond > 0 && result.coldReadsPerSecond > 0)
    }
}
