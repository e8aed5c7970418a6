import Evaluation
import Foundation
import Schema
import Testing

@Suite("Accuracy matrix")
struct AccuracyMatrixTests {
    // Three updates, three slices; every expected value below is worked out by hand.
    private let matrix = AccuracyMatrix(
        [
            [0.9, nil, nil],
            [0.7, 0.8, nil],
            [0.8, 0.5, 1.0],
        ],
        examples: [10, 30, 60], beforeLearning: [0.2, 0.1, 0.3], untrained: [0.1, 0.05, 0.05])

    private func isClose(_ value: Double?, _ expected: Double) -> Bool { abs((value ?? .nan) - expected) < 1e-12 }

    @Test("gives the metrics their definitions say")
    func handComputed() {
        #expect(isClose(matrix.averageAccuracy, (0.8 + 0.5 + 1.0) / 3))
        // Slice 1: best before the last is .9, last .8. Slice 2: .8 and .5.
        #expect(isClose(matrix.forgetting, (0.1 + 0.3) / 2))
        #expect(isClose(matrix.backwardTransfer, (-0.1 - 0.3) / 2))
        // Slices 2 and 3: .1 − .05 and .3 − .05.
        #expect(isClose(matrix.forwardTransfer, (0.05 + 0.25) / 2))
        #expect(isClose(matrix.plasticity, (0.9 + 0.8 + 1.0) / 3))
        // Lowest later: .7 of slice 1, .5 of slice 2.
        #expect(isClose(matrix.minimumAccuracy, (0.7 + 0.5) / 2))
        // .9; (7 + 24) / 40; (8 + 15 + 60) / 100.
        #expect(isClose(matrix.averageAnytimeAccuracy, (0.9 + 0.775 + 0.83) / 3))
    }

    @Test("Without counts all slices weigh the same")
    func unweighted() {
        let matrix = AccuracyMatrix([[1.0, nil], [0.5, 0.0]])
        #expect(isClose(matrix.averageAnytimeAccuracy, (1 + 0.25) / 2))
    }

    @Test("Forgetting is negative where a slice ends better than it ever was, and backward transfer positive")
    func improvement() {
        let matrix = AccuracyMatrix([[0.5, nil], [0.75, 1.0]])
        #expect(isClose(matrix.forgetting, -0.25))
        #expect(isClose(matrix.backwardTransfer, 0.25))
    }

    @Test("After one update nothing can be forgotten yet")
    func oneUpdate() {
        let matrix = AccuracyMatrix([[0.9]], examples: [10], beforeLearning: [nil], untrained: [0.5])
        #expect(matrix.averageAccuracy == 0.9)
        #expect(matrix.plasticity == 0.9)
        #expect(matrix.averageAnytimeAccuracy == 0.9)
        #expect(matrix.forgetting == nil)
        #expect(matrix.backwardTransfer == nil)
        #expect(matrix.forwardTransfer == nil)
        #expect(matrix.minimumAccuracy == nil)
    }

    @Test("A slice without examples is left out, as are values that were not measured")
    func gaps() {
        let matrix = AccuracyMatrix(
            [
                [0.8, nil, nil],
                [0.6, nil, nil],
                [nil, nil, 0.9],
                [0.7, nil, 0.8],
            ],
            examples: [10, 0, 10])
        #expect(isClose(matrix.averageAccuracy, 0.75))
        #expect(isClose(matrix.forgetting, (0.1 + 0.1) / 2))
        #expect(isClose(matrix.minimumAccuracy, (0.6 + 0.8) / 2))
        #expect(isClose(matrix.averageAnytimeAccuracy, (0.8 + 0.6 + 0.9 + 0.75) / 4))
    }

    @Test("An empty matrix has no metric", arguments: [[], [[]], [[nil, nil]]] as [[[Double?]]])
    func empty(values: [[Double?]]) {
        let matrix = AccuracyMatrix(values)
        #expect(matrix.averageAccuracy == nil)
        #expect(matrix.plasticity == nil)
        #expect(matrix.averageAnytimeAccuracy == nil)
    }

    @Test("A report takes over every metric, and keeps null what is not defined yet")
    func report() throws {
        let report = ForgettingReport(
            task: try TaskName("helpdesk"),
            slices: [
                .init(experience: 1, labels: ["a"], holdout: 10), .init(experience: 2, labels: ["b"], holdout: 10),
            ],
            versions: ["v1", "v2"], accuracy: [[1.0, nil], [0.5, 0.9]])
        let filled = report.withMetrics()
        #expect(isClose(filled.averageAccuracy, 0.7))
        #expect(isClose(filled.forgetting, 0.5))
        #expect(isClose(filled.backwardTransfer, -0.5))
        #expect(isClose(filled.plasticity, 0.95))
        #expect(isClose(filled.minimumAccuracy, 0.5))
        #expect(isClose(filled.averageAnytimeAccuracy, 0.85))
        #expect(filled.forwardTransfer == nil)
        let withTransfer = report.withMetrics(beforeLearning: [nil, 0.3], untrained: [0.5, 0.1])
        #expect(isClose(withTransfer.forwardTransfer, 0.2))
        let none = ForgettingReport(task: try TaskName("x"), slices: report.slices, versions: [], accuracy: [])
        #expect(none.withMetrics() == none)
    }
}
