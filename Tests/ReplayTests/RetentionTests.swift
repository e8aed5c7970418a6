import Replay
import Testing

@Suite("Retention")
struct RetentionTests {
    @Test("keeps everything while there is room, ordered by label and sequence", arguments: Retention.allCases)
    func room(retention: Retention) throws {
        let examples = stream(300)
        let memory = try memory(exemplars: 300, retention: retention, offering: examples)
        let held = try memory.exemplars()
        #expect(Set(held) == Set(examples))
        let firstSeen = examples.map(\.label).reduce(into: [String]()) { if !$0.contains($1) { $0.append($1) } }
        #expect(held.map(\.label) == firstSeen.flatMap { label in held.filter { $0.label == label }.map(\.label) })
        for label in firstSeen {
            let sequences = held.filter { $0.label == label }.map(\.sequence)
            #expect(sequences == sequences.sorted())
        }
        #expect(try (0..<memory.count).map { try memory.exemplar(at: $0) } == held)
    }

    @Test("A full reservoir holds every example with the same probability, the first ones too")
    func reservoirIsUniform() throws {
        let examples = stream(40)
        let trials = 3_000
        var counts = [Int](repeating: 0, count: examples.count)
        for seed in 0..<trials {
            let memory = try memory(exemplars: 10, retention: .reservoir, seed: UInt64(seed), offering: examples)
            #expect(memory.count == 10)
            for exemplar in try memory.exemplars() { counts[Int(exemplar.sequence)] += 1 }
        }
        let statistic = inclusionStatistic(counts: counts, size: 10, trials: trials)
        #expect(statistic < chiSquareBound(degreesOfFreedom: examples.count - 1))
        // Drawing one number too few at each step would keep the first ten at .23 instead of .25.
        let first = Double(counts.prefix(10).reduce(0, +)) / Double(10 * trials)
        #expect(abs(first - 0.25) < 0.01)
    }

    @Test("A reservoir stays uniform after a removal")
    func reservoirAfterRemoval() throws {
        let examples = stream(30)
        let trials = 3_000
        var counts = [Int](repeating: 0, count: 30)
        var total = 0
        for seed in 0..<trials {
            var memory = try memory(
                exemplars: 10, retention: .reservoir, seed: UInt64(seed), offering: Array(examples.prefix(20)))
            let leaving = try memory.exemplar(at: 0).sequence == 0
            if leaving { memory.remove(text: examples[0].text) }
            for example in examples.suffix(10) { try memory.offer(example) }
            guard leaving else { continue }
            total += 1
            for exemplar in try memory.exemplars() { counts[Int(exemplar.sequence)] += 1 }
        }
        #expect(counts[0] == 0)
        let statistic = inclusionStatistic(counts: Array(counts.dropFirst()), size: 9, trials: total)
        #expect(statistic < chiSquareBound(degreesOfFreedom: 28))
    }

    @Test("Class-balanced keeps each label as evenly as the stream allows, and of each a uniform sample")
    func classBalanced() throws {
        // 60 of a, then 12 of b, then 3 of c, then 25 of a: 20 places make 9 or 8 of a and b, all 3 of c.
        let labels =
            [String](repeating: "a", count: 60) + [String](repeating: "b", count: 12)
            + [String](repeating: "c", count: 3) + [String](repeating: "a", count: 25)
        let examples = labels.enumerated().map {
            Exemplar(text: "text \($0.offset)", label: $0.element, sequence: Int64($0.offset))
        }
        let trials = 3_000
        var counts = [Int](repeating: 0, count: examples.count)
        var sizes: [String: Set<Int>] = [:]
        for seed in 0..<trials {
            let memory = try memory(exemplars: 20, seed: UInt64(seed), offering: examples)
            #expect(memory.count == 20)
            for label in memory.statistics().labels { sizes[label.name, default: []].insert(label.exemplars) }
            for exemplar in try memory.exemplars() { counts[Int(exemplar.sequence)] += 1 }
        }
        #expect(sizes == ["a": [8, 9], "b": [8, 9], "c": [3]])
        for label in ["a", "b"] {
            let own = labels.indices.filter { labels[$0] == label }.map { counts[$0] }
            // The sample size varies by one between trials; the statistic takes their mean.
            let mean = Double(own.reduce(0, +)) / Double(trials)
            let expected = mean / Double(own.count) * Double(trials)
            let share = mean / Double(own.count)
            let squares = own.reduce(0.0) { $0 + (Double($1) - expected) * (Double($1) - expected) }
            let statistic =
                squares / (Double(trials) * share * (1 - share)) * Double(own.count - 1) / Double(own.count)
            #expect(statistic < chiSquareBound(degreesOfFreedom: own.count - 1), "label \(label)")
        }
    }

    @Test("More labels than places: every place holds another label")
    func moreLabelsThanPlaces() throws {
        let examples = (0..<50).map { Exemplar(text: "t\($0)", label: "l\($0 % 25)", sequence: Int64($0)) }
        let memory = try memory(exemplars: 10, offering: examples)
        #expect(Set(try memory.exemplars().map(\.label)).count == 10)
    }

    @Test("A window keeps the latest, whatever the order of arrival")
    func window() throws {
        var generator = SeededGenerator(seed: 3)
        var examples = stream(100)
        generator.shuffle(&examples)
        let memory = try memory(exemplars: 30, retention: .window, offering: examples)
        #expect(try memory.exemplars().map(\.sequence).sorted() == Array(70..<100))
    }

    @Test("A duplicate changes nothing; another label moves the text", arguments: Retention.allCases)
    func relabelling(retention: Retention) throws {
        var memory = try memory(retention: retention, offering: stream(20))
        let bytes = try memory.encode()
        var example = stream(20)[7]
        #expect(try memory.offer(example) == .duplicate)
        #expect(try memory.encode() == bytes)

        example.label = "another"
        #expect(try memory.offer(example) == .stored)
        #expect(memory.count == 20)
        #expect(memory.offered == 20)
        #expect(try memory.exemplars().filter { $0.text == example.text } == [example])
    }

    @Test("Removal takes out the one text, sealed or not")
    func removal() throws {
        let examples = stream(300)
        var memory = try memory(offering: examples)
        _ = try memory.encode()
        for example in stream(10, start: 300) { try memory.offer(example) }
        #expect(memory.contains(text: examples[5].text))
        let removed = [examples[5], examples[5]].map { memory.remove(text: $0.text) }
        #expect(removed == [true, false])
        #expect(!memory.contains(text: examples[5].text))
        #expect(try memory.removeAll { $0.sequence >= 300 } == 10)
        #expect(memory.count == 299)
        let expected = Set(examples).subtracting([examples[5]])
        #expect(Set(try memory.exemplars()) == expected)
        #expect(Set(try ReplayMemory(decoding: memory.encode()).exemplars()) == expected)
    }

    @Test("A label whose every exemplar was removed can be learned anew", arguments: Retention.allCases)
    func emptied(retention: Retention) throws {
        let examples = stream(50, labels: 1)
        var memory = try memory(exemplars: 5, retention: retention, offering: examples)
        for exemplar in try memory.exemplars() { memory.remove(text: exemplar.text) }
        #expect(memory.isEmpty)
        #expect(try memory.offer(stream(1, start: 99)[0]) == .stored)
    }

    @Test("A memory of nothing takes nothing", arguments: Retention.allCases)
    func nothing(retention: Retention) throws {
        var memory = try memory(exemplars: 0, retention: retention)
        #expect(try memory.offer(stream(1)[0]) == .passedOver)
        #expect(try ReplayMemory(decoding: memory.encode()).isEmpty)
    }
}
