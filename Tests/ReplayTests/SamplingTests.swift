import Replay
import Testing

@Suite("Sampling")
struct SamplingTests {
    /// Twelve of a, three of b, one of c.
    private func uneven() throws -> ReplayMemory {
        let labels = [String](repeating: "a", count: 12) + ["b", "b", "b", "c"]
        return try memory(
            offering: labels.enumerated().map {
                Exemplar(text: "text \($0.offset)", label: $0.element, sequence: Int64($0.offset))
            })
    }

    @Test("draws without replacement until all have been drawn", arguments: [1, 5, 16, 40])
    func uniformCounts(count: Int) throws {
        let memory = try uneven()
        var generator = SeededGenerator(seed: 1)
        let drawn = try memory.draw(count, sampling: .uniform, using: &generator)
        let counts = Dictionary(grouping: drawn, by: \.sequence).mapValues(\.count)
        #expect(drawn.count == count)
        #expect(counts.values.allSatisfy { $0 == count / 16 || $0 == (count + 15) / 16 })
    }

    @Test("gives every label the same share when stratified, repeating what is scarce", arguments: [3, 7, 30])
    func stratifiedCounts(count: Int) throws {
        let memory = try uneven()
        var generator = SeededGenerator(seed: 2)
        let drawn = try memory.draw(count, sampling: .stratified, using: &generator)
        let counts = Dictionary(grouping: drawn, by: \.label).mapValues(\.count)
        #expect(drawn.count == count)
        #expect(counts.count == 3)
        #expect(counts.values.allSatisfy { $0 == count / 3 || $0 == (count + 2) / 3 })
        let ofA = drawn.filter { $0.label == "a" }
        #expect(Set(ofA).count == ofA.count)
    }

    @Test("draws every exemplar of a label, and in every position, equally often", arguments: Sampling.allCases)
    func evenness(sampling: Sampling) throws {
        let memory = try uneven()
        var generator = SeededGenerator(seed: 3)
        let trials = 4_000
        var counts = [Int](repeating: 0, count: 12)
        var firstOfA = [Int](repeating: 0, count: 12)
        var total = 0
        for _ in 0..<trials {
            let drawn = try memory.draw(6, sampling: sampling, using: &generator).filter { $0.label == "a" }
            for exemplar in drawn { counts[Int(exemplar.sequence)] += 1 }
            if let first = drawn.first {
                firstOfA[Int(first.sequence)] += 1
                total += 1
            }
        }
        let expected = Double(total) / 12
        let first = firstOfA.reduce(0.0) { $0 + (Double($1) - expected) * (Double($1) - expected) / expected }
        #expect(first < chiSquareBound(degreesOfFreedom: 11))
        let mean = Double(counts.reduce(0, +)) / 12
        let squares = counts.reduce(0.0) { $0 + (Double($1) - mean) * (Double($1) - mean) / mean }
        #expect(squares < chiSquareBound(degreesOfFreedom: 11))
    }

    @Test("gives the same exemplars for the same state, and leaves the memory as it is")
    func reproducible() throws {
        var memory = try memory(offering: stream(200))
        let before = try memory.encode()
        var first = SeededGenerator(seed: 4)
        var second = SeededGenerator(seed: 4)
        #expect(try memory.draw(50, using: &first) == memory.draw(50, using: &second))
        #expect(first == second)
        #expect(try memory.encode() == before)
    }

    @Test("gives nothing from an empty memory, and nothing when nothing is asked")
    func nothing() throws {
        var generator = SeededGenerator(seed: 5)
        #expect(try memory().draw(8, using: &generator).isEmpty)
        #expect(try uneven().draw(0, using: &generator).isEmpty)
    }
}
