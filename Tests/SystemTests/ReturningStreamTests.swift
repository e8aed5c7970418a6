import Perennial
import Schema
import Testing

@Suite("The stream of a hundred updates")
struct ReturningStreamTests {
    /// So many rows of each label, one label after the other.
    private static func rows(labels: Int, each: Int) -> [Example] {
        (0..<labels).flatMap { label in
            (0..<each).map { Example(text: "Why is my card \($0) of kind \(label) late?", label: "label \(label)") }
        }
    }

    private static let long = ReturningStream(rows(labels: 77, each: 150), updates: 100, examples: 100)

    /// Lengths of a label's absences between two experiences that have it.
    private func absences(of label: String, in stream: ReturningStream) -> [Int] {
        let present = stream.experiences.indices.filter { update in
            stream.experiences[update].examples.contains { $0.label == label }
        }
        return zip(present, present.dropFirst()).map { $1 - $0 - 1 }.filter { $0 > 0 }
    }

    @Test("Each label stays for some updates, is gone for ten or more, and returns several times")
    func labelsReturn() throws {
        var lengths: [Int] = []
        for label in 0..<77 {
            let absences = absences(of: "label \(label)", in: Self.long)
            #expect((4...5).contains(absences.count) && absences.allSatisfy { $0 >= 10 }, "label \(label): \(absences)")
            lengths += absences
        }
        let mean = Double(lengths.reduce(0, +)) / Double(lengths.count)
        #expect(abs(try #require(Self.long.meanAbsence) - mean) < 1e-9)
        #expect(Self.long.experiences.allSatisfy { Set($0.examples.map(\.label)).count == 20 })
        #expect(Set(Self.long.experiences.prefix(20).flatMap(\.examples).map(\.label)).count == 77)
    }

    @Test("Every update has its examples, and no text stands in the stream twice")
    func distinct() {
        #expect(Self.long.experiences.count == 100)
        #expect(Self.long.experiences.allSatisfy { $0.examples.count == 100 })
        #expect(Set(Self.long.experiences.flatMap(\.examples).map(\.text)).count == 10_000)
    }

    @Test("The share of reworded texts grows in a line from none to all, and they alone differ from their rows")
    func wordingDrifts() {
        let rows = Set(Self.rows(labels: 77, each: 150).map(\.text))
        for (update, experience) in Self.long.experiences.enumerated() {
            // Five standard deviations of a share of 100 at most.
            #expect(abs(Double(experience.reworded) / 100 - Double(update) / 99) < 0.25)
            #expect(experience.examples.count { !rows.contains($0.text) } == experience.reworded)
        }
        #expect(Self.long.experiences.first?.reworded == 0)
        #expect(Self.long.experiences.last?.reworded == 100)
        #expect(abs(Self.long.rewordedShare - 0.5) < 0.05)
    }

    @Test("Unreworded rows come in the order of the file")
    func order() {
        let rows = (0..<40).map { Example(text: "row \($0)", label: $0.isMultiple(of: 2) ? "even" : "odd") }
        let first = ReturningStream(rows, updates: 2, examples: 20).experiences[0]
        #expect(first.examples == Array(rows.prefix(20)))
    }

    @Test("The same arguments make the same stream, another seed rewords other texts")
    func repeats() {
        let rows = Self.rows(labels: 12, each: 20)
        let stream = ReturningStream(rows, updates: 10, examples: 30, seed: 1)
        #expect(stream == ReturningStream(rows, updates: 10, examples: 30, seed: 1))
        let other = ReturningStream(rows, updates: 10, examples: 30, seed: 2)
        #expect(stream != other)
        #expect(stream.experiences[0] == other.experiences[0])
    }

    static let oddSizes: [(labels: Int, each: Int, updates: Int, examples: Int)] = [
        (1, 1, 12, 10), (1, 50, 1, 10), (2, 3, 30, 10), (3, 1, 100, 10), (5, 2, 25, 1), (77, 1, 30, 30),
        (400, 1, 100, 10),
    ]

    @Test(
        "Few labels, few rows and few examples make full updates of distinct texts, and every label has its turn",
        arguments: oddSizes)
    func full(labels: Int, each: Int, updates: Int, examples: Int) {
        let stream = ReturningStream(
            Self.rows(labels: labels, each: each), updates: updates, examples: examples)
        let all = stream.experiences.flatMap(\.examples)
        #expect(stream.experiences.count == updates)
        #expect(stream.experiences.allSatisfy { $0.examples.count == examples })
        #expect(Set(all.map(\.text)).count == updates * examples)
        #expect(Set(all.map(\.label)).count == labels)
        #expect((stream.meanAbsence == nil) == (labels < 3))
    }
}
