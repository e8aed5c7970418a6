import Testing

import Replay

@Suite struct RankedRetentionTests {
    private func exemplars(_ count: Int, label: String = "a", from start: Int = 0) -> [Exemplar] {
        (start..<start + count).map { Exemplar(text: "\(label) \($0)", label: label, sequence: Int64($0)) }
    }

    private func empty(_ retention: Retention, exemplars: Int, seed: UInt64 = 0) throws -> ReplayMemory {
        try ReplayMemory(
            configuration: ReplayConfiguration(maximumExemplars: exemplars, retention: retention), seed: seed)
    }

    @Test func `Herding by hand: the mean first, then what brings the mean back`() {
        // Mean 2.2. 2 is nearest; (2 + x)/2 is nearest to 2.2 for 3; (5 + x)/3 for 1.
        #expect(Selection.herding([[0], [1], [2], [3], [5]], count: 3) == [2, 3, 1])
    }

    @Test func `Coverage by hand: the middle first, then always the farthest`() {
        // Mean 4; 3 is nearest, 10 farthest from it, then 0.
        #expect(Selection.coverage([[0], [1], [3], [6], [10]], count: 3) == [2, 4, 0])
    }

    @Test(arguments: [Retention.herding, .coverage])
    func `Asked for more than there is, everything is chosen once`(retention: Retention) {
        let vectors: [[Float]] = [[1, 0], [0, 1], [1, 1]]
        let chosen =
            retention == .herding ? Selection.herding(vectors, count: 9) : Selection.coverage(vectors, count: 9)
        #expect(chosen.sorted() == [0, 1, 2])
        #expect(Selection.herding([], count: 2) == [] && Selection.coverage([], count: 2) == [])
    }

    @Test func `Coverage leaves no vector farther away than chance does`() {
        var generator = SeededGenerator(seed: 5)
        func radius(_ chosen: [Int], _ vectors: [[Float]]) -> Float {
            vectors.map { vector in
                chosen.map { zip(vector, vectors[$0]).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) } }.min() ?? 0
            }.max() ?? 0
        }
        for _ in 0..<20 {
            let vectors = (0..<60).map { _ in (0..<3).map { _ in Float.random(in: 0..<1, using: &generator) } }
            var positions = Array(vectors.indices)
            generator.shuffle(&positions)
            let chosen = Selection.coverage(vectors, count: 8)
            #expect(radius(chosen, vectors) <= radius(Array(positions.prefix(8)), vectors))
        }
    }

    @Test func `A loss-aware memory keeps in proportion to the loss`() throws {
        let offers = exemplars(3)
        var counts = [0, 0, 0]
        let trials = 4_000
        for seed in 0..<trials {
            var memory = try empty(.lossAware, exemplars: 1, seed: UInt64(seed))
            try memory.offer(offers, vectors: [[1], [2], [5]], held: [])
            counts[Int(try memory.exemplar(at: 0).sequence)] += 1
        }
        let expected = [1.0 / 8, 2.0 / 8, 5.0 / 8].map { $0 * Double(trials) }
        let statistic = zip(counts, expected).reduce(0) { $0 + (Double($1.0) - $1.1) * (Double($1.0) - $1.1) / $1.1 }
        #expect(statistic < chiSquareBound(degreesOfFreedom: 2))
    }

    @Test func `Places are even as far as labels can fill them`() {
        #expect(ReplayMemory.places([10, 10, 10], limit: 8) == [3, 3, 2])
        #expect(ReplayMemory.places([2, 10, 10], limit: 12) == [2, 5, 5])
        #expect(ReplayMemory.places([1, 0, 1], limit: 12) == [1, 0, 1])
        #expect(ReplayMemory.places([5, 5], limit: 0) == [0, 0])
    }

    @Test(arguments: [Retention.herding, .coverage, .lossAware])
    func `Old labels make room for new ones, and the memory repeats`(retention: Retention) throws {
        func vectors(_ exemplars: [Exemplar]) -> [[Float]] {
            exemplars.map { retention == .lossAware ? [Float($0.sequence % 7) + 1] : [Float($0.sequence), 1] }
        }
        func run() throws -> ReplayMemory {
            var memory = try empty(retention, exemplars: 12)
            let first = exemplars(30)
            try memory.offer(first, vectors: vectors(first), held: [])
            #expect(memory.count == 12)
            _ = try memory.encode()
            let second = exemplars(30, label: "b", from: 30) + exemplars(2, label: "c", from: 60)
            try memory.offer(second, vectors: vectors(second), held: vectors(try memory.exemplars()))
            return memory
        }
        var memory = try run()
        #expect(memory.statistics().labels.map(\.exemplars) == [5, 5, 2])
        #expect(memory.offered == 62)
        let bytes = try memory.encode()
        #expect(try ReplayMemory(decoding: bytes).exemplars() == memory.exemplars())
        var again = try run()
        #expect(try again.encode() == bytes)
    }

    @Test func `A text held under another label moves, one held already stays as it is`() throws {
        var memory = try empty(.herding, exemplars: 4)
        var old = exemplars(2)
        old[0].payload = [9]
        try memory.offer(old, vectors: [[0], [1]], held: [])
        let moved = Exemplar(text: "a 1", label: "b", sequence: 7)
        let again = Exemplar(text: "a 0", label: "a", sequence: 8)
        try memory.offer([moved, again], vectors: [[1], [0]], held: [[0], [1]])
        #expect(try memory.exemplars() == [old[0], moved])
    }

    @Test func `Of a text that comes twice in one offer the last counts`() throws {
        var memory = try empty(.herding, exemplars: 4)
        let twice = ["A", "B"].map { Exemplar(text: "T", label: $0, sequence: 1) }
        try memory.offer(twice, vectors: [[0], [1]], held: [])
        #expect(try memory.exemplars() == [twice[1]])
        let offered = Dictionary(uniqueKeysWithValues: memory.statistics().labels.map { ($0.name, $0.offered) })
        #expect(offered["A", default: 0] == 0 && offered["B"] == 1 && memory.offered == 1)
        // The last is held already.
        try memory.offer(twice, vectors: [[0], [1]], held: [[1]])
        #expect(try memory.exemplars() == [twice[1]] && memory.offered == 1)
        let wasHeld = memory.remove(text: "T")
        let bytes = try memory.encode()
        #expect(try ReplayMemory(decoding: bytes).isEmpty)
        #expect(wasHeld && memory.offered == 0)
    }
}
