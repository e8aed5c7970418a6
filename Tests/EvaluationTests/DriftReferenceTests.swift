import Foundation
import Replay
import Testing

import Evaluation

/// Against values recorded from River, SciPy and scikit-learn; `Fixtures/record_drift.py` made them.
@Suite("Statistics of drift: recorded values")
struct DriftReferenceTests {
    private let recorded: Recorded

    init() throws {
        let file = try #require(Bundle.module.url(forResource: "drift", withExtension: "json", subdirectory: "Fixtures"))
        recorded = try JSONDecoder().decode(Recorded.self, from: Data(contentsOf: file))
    }

    @Test("PSI and Jensen–Shannon distance are SciPy's entropies")
    func histograms() {
        #expect(recorded.histograms.count == 4)
        for sample in recorded.histograms {
            #expect(close(HistogramDistance.populationStability(sample.reference, sample.current), sample.psi))
            #expect(close(HistogramDistance.jensenShannon(sample.reference, sample.current), sample.js))
        }
    }

    @Test("Kolmogorov–Smirnov: statistic, exact and asymptotic p-value are SciPy's")
    func kolmogorovSmirnov() {
        #expect(recorded.ks.count == 6)
        for sample in recorded.ks {
            let exact = KolmogorovSmirnov(sample.left, sample.right, exactly: true)
            #expect(close(exact.statistic, sample.statistic))
            #expect(close(exact.pValue, sample.exact, relative: 1e-9), "\(exact.pValue) \(sample.exact)")
            let asymptotic = KolmogorovSmirnov(sample.left, sample.right, exactly: false)
            #expect(close(asymptotic.pValue, sample.asymptotic, relative: 1e-9))
        }
    }

    @Test("ADWIN cuts where River's does, and keeps the same window")
    func adaptiveWindow() {
        #expect(recorded.streams.count == 4)
        for stream in recorded.streams {
            var window = AdaptiveWindow()
            var cuts: [Int] = []
            var widths: [Double] = []
            for (index, value) in stream.values.enumerated() {
                if window.add(value) != nil { cuts.append(index) }
                if index % 100 == 99 { widths.append(window.width) }
            }
            #expect(cuts == stream.adwin, "\(stream.name)")
            #expect(widths == stream.widths, "\(stream.name)")
            #expect(close(window.mean, stream.mean) && close(window.variance, stream.variance), "\(stream.name)")
        }
    }

    @Test("Page–Hinkley alarms where River's does")
    func pageHinkley() {
        for stream in recorded.streams {
            var test = PageHinkley()
            let alarms = stream.values.indices.filter { test.add(stream.values[$0]) != nil }
            #expect(alarms == stream.pageHinkley, "\(stream.name)")
        }
    }

    @Test("MMD with the median heuristic is that of scikit-learn's kernel, for every assignment")
    func maximumMeanDiscrepancy() {
        let (features, matrix) = (recorded.features, recorded.features.matrix)
        let test = MaximumMeanDiscrepancy(gram: matrix.gram, count: matrix.count, first: features.first)
        #expect(close(test.bandwidth, features.bandwidth, relative: 1e-5))
        #expect(close(test.squared, features.mmd, absolute: 1e-5))
        #expect(features.assignments.count == 20)
        for (assignment, expected) in zip(features.assignments, features.permuted) {
            #expect(close(test.squared(firstSide: assignment), expected, absolute: 1e-5))
        }
        var generator = SeededGenerator(seed: 1)
        #expect(test.pValue(permutations: 999, using: &generator) <= features.mmdP + 0.002)
    }

    @Test("the domain classifier scores as scikit-learn's logistic regression does, out of the same folds")
    func domainClassifier() {
        let (features, matrix) = (recorded.features, recorded.features.matrix)
        let classifier = DomainClassifier(gram: matrix.gram, count: matrix.count, first: features.first)
        #expect(close(classifier.areaUnderCurve, features.auc, absolute: 1e-3))
        #expect(close(classifier.pValue, features.aucP, relative: 0.05))
        let all = Array(0..<matrix.count)
        let fit = DomainClassifier.fit(
            matrix.gram, matrix.count, all, isSecond: all.map { $0 >= features.first }, strength: 1, steps: 400)
        for (index, expected) in features.decision.enumerated() {
            let score = all.reduce(fit.bias) { $0 + fit.weights[$1] * matrix.dot(index, $1) }
            #expect(close(Double(score), expected, absolute: 2e-4))
        }
    }

    @Test("Benjamini–Hochberg adjusts as SciPy does")
    func falseDiscoveries() {
        let adjusted = benjaminiHochbergAdjusted(recorded.falseDiscoveries.p)
        #expect(zip(adjusted, recorded.falseDiscoveries.adjusted).allSatisfy { close($0, $1) })
        #expect(benjaminiHochbergAdjusted([]) == [])
    }

    @Test("a drop of accuracy has the p-value of SciPy's Fisher test")
    func drops() {
        #expect(recorded.drops.count == 3)
        for drop in recorded.drops {
            var accuracy = PrequentialAccuracy(window: 1_000)
            for index in 0..<drop.table[1] { accuracy.add(index < drop.table[0]) }
            let pValue = accuracy.pValueOfDrop(referenceCorrect: drop.table[2], referenceTotal: drop.table[3])
            #expect(close(pValue, drop.p, relative: 1e-8))
        }
    }

    private func close(_ found: Double, _ expected: Double, absolute: Double = 1e-10, relative: Double = 0) -> Bool {
        abs(found - expected) <= max(relative > 0 ? 0 : absolute, relative * abs(expected))
    }
}

private struct Recorded: Decodable {
    struct Histograms: Decodable {
        var reference: [Int]
        var current: [Int]
        var psi: Double
        var js: Double
    }
    struct Samples: Decodable {
        var left: [Double]
        var right: [Double]
        var statistic: Double
        var exact: Double
        var asymptotic: Double
    }
    struct Stream: Decodable {
        var name: String
        var values: [Double]
        var adwin: [Int]
        var widths: [Double]
        var mean: Double
        var variance: Double
        var pageHinkley: [Int]

        enum CodingKeys: String, CodingKey {
            case name, values, adwin, widths, mean, variance
            case pageHinkley = "page_hinkley"
        }
    }
    struct Features: Decodable {
        var first: Int
        var rows: [[Float]]
        var bandwidth: Double
        var mmd: Double
        var assignments: [[Int]]
        var permuted: [Double]
        var mmdP: Double
        var auc: Double
        var aucP: Double
        var decision: [Double]

        var matrix: FeatureMatrix { FeatureMatrix(rows, width: 12) }

        enum CodingKeys: String, CodingKey {
            case first, rows, bandwidth, mmd, assignments, permuted, auc, decision
            case mmdP = "mmd_p"
            case aucP = "auc_p"
        }
    }
    struct FalseDiscoveries: Decodable {
        var p: [Double]
        var adjusted: [Double]
    }
    struct Drop: Decodable {
        var table: [Int]
        var p: Double
    }

    var histograms: [Histograms]
    var ks: [Samples]
    var streams: [Stream]
    var features: Features
    var falseDiscoveries: FalseDiscoveries
    var drops: [Drop]

    enum CodingKeys: String, CodingKey {
        case histograms, ks, streams, features, drops
        case falseDiscoveries = "false_discoveries"
    }
}
