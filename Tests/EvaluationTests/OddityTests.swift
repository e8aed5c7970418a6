import Evaluation
import Foundation
import Replay
import Testing

@Suite("Doubted labels")
struct OddityTests {
    private let corners = Neighbours(labels: ["east", "east", "north", "north", "north"])
    private let fromEast: [Float] = [1, 0.8, 0, 0.6, -0.6]

    @Test("the share of the nearest neighbours with another label, by hand")
    func neighbours() {
        #expect(corners.disagreement(with: "east", similarities: fromEast, count: 2) == 0)
        #expect(corners.disagreement(with: "east", similarities: fromEast, count: 3) == 1.0 / 3)
        #expect(corners.disagreement(with: "north", similarities: fromEast, count: 2) == 1)
        #expect(corners.disagreement(with: "east", similarities: fromEast, count: 9) == 0.6)
    }

    @Test("a row is no neighbour of itself")
    func itself() {
        #expect(corners.disagreement(with: "east", similarities: fromEast, count: 2, skipping: 0) == 0.5)
        let alone = Neighbours(labels: ["a"])
        #expect(alone.disagreement(with: "a", similarities: [1], count: 3, skipping: 0) == nil)
    }

    @Test("the score adds both losses: confident champion and unanimous neighbours make it largest")
    func score() {
        // No neighbour agrees: −log(0.5 / 11).
        let alone = OddityTest.score(loss: 2, disagreement: 1, neighbours: 10)
        #expect(abs(alone - (2 + log(22))) < 1e-12)
        #expect(OddityTest.score(loss: 2, disagreement: 0.5, neighbours: 10) < alone)
        #expect(OddityTest.score(loss: 3, disagreement: 1, neighbours: 10) > alone)
    }

    @Test(
        "the p-value counts the trusted that are at least as odd",
        arguments: [(0.0, 1.0), (1, 1), (1.5, 0.8), (3, 0.6), (4, 0.4), (9, 0.2)])
    func pValue(score: Double, expected: Double) {
        #expect(abs(OddityTest(trusted: [3, 1, 2.5, 4]).pValue(score) - expected) < 1e-12)
    }

    @Test("no more good examples are taken for odd than allowed, whatever the score's distribution", arguments: 0..<3)
    func falseAlarms(kind: Int) {
        var generator = SeededGenerator(seed: UInt64(kind))
        func draw() -> Double {
            let unit = Double(generator.next() >> 11) / Double(1 << 53)
            return kind == 0 ? unit : kind == 1 ? -log(1 - unit) : (unit * 4).rounded()
        }
        var alarms = 0
        for _ in 0..<200 {
            let test = OddityTest(trusted: (0..<199).map { _ in draw() })
            alarms += (0..<50).count { _ in test.pValue(draw()) <= 0.02 }
        }
        // 10,000 draws in correlated fifties: 2 % and a margin.
        #expect(alarms <= 260)
        if kind < 2 { #expect(alarms >= 130) }
    }

    @Test("rare false alarms need many trusted examples", arguments: [(0.01, 99), (0.005, 199), (0.1, 9)])
    func needed(level: Double, expected: Int) {
        #expect(OddityTest.neededExamples(level: level) == expected)
        #expect(OddityTest(trusted: Array(repeating: 0, count: expected)).pValue(1) <= level)
        #expect(OddityTest(trusted: Array(repeating: 0, count: expected - 1)).pValue(1) > level)
    }
}
