import Foundation
import Testing
import Training

@Suite struct LogitAdjustmentTests {
    /// Offsets relative to the first label's: only differences count.
    private func offsets(
        counts: [Int], replay: [Double], ratio: Double = 1, strength: Double = 1
    ) -> [Double] {
        let examples = counts.enumerated().flatMap { label, count in
            (0..<count).map { TokenizedExample(ids: [Int32($0)], label: label) }
        }
        let offsets = LogitAdjustment.offsets(
            labelCount: counts.count, newExamples: examples, replayShares: replay, ratio: ratio, strength: strength)
        return offsets.map { Double($0 - offsets[0]) }
    }

    private func expectClose(_ values: [Double], _ expected: [Double]) {
        #expect(values.count == expected.count)
        for (value, target) in zip(values, expected) { #expect(abs(value - target) < 1e-5) }
    }

    @Test func `A new label shown twice as often as each old one is moved by ln 2`() {
        expectClose(offsets(counts: [0, 0, 4], replay: [0.5, 0.5, 0]), [0, 0, log(2)])
        expectClose(offsets(counts: [0, 0, 4], replay: [0.5, 0.5, 0], strength: 0.5), [0, 0, log(2) / 2])
    }

    @Test func `More replay moves less`() {
        expectClose(offsets(counts: [0, 0, 4], replay: [0.5, 0.5, 0], ratio: 2), [0, 0, 0])
    }

    @Test(arguments: [[5, 5], [9, 1]])
    func `Without replay, labels that all have examples are left as they are`(counts: [Int]) {
        expectClose(offsets(counts: counts, replay: [0, 0]), [0, 0])
    }

    @Test func `An old label that is never shown is almost left alone`() {
        let offsets = offsets(counts: [4, 0], replay: [0, 0])
        #expect(offsets[1] < -10 && offsets[1].isFinite)
    }

    @Test func `Strength zero is plain cross-entropy`() {
        expectClose(offsets(counts: [0, 3, 9], replay: [1, 0, 0], strength: 0), [0, 0, 0])
    }
}
