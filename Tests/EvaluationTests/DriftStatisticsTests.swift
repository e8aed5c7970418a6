import Evaluation
import Replay
import Testing

@Suite("Statistics of drift: properties")
struct DriftStatisticsTests {
    /// Counts by bin of so many draws, all of the first `possible` bins alike.
    private func draw(_ count: Int, bins: Int, of possible: Int? = nil, _ generator: inout SeededGenerator) -> [Int] {
        (0..<count).reduce(into: Array(repeating: 0, count: bins)) { counts, _ in
            counts[Int(generator.next() % UInt64(possible ?? bins))] += 1
        }
    }

    @Test("one distribution with itself is no distance, however many bins, once chance is taken off")
    func chanceIsTakenOff() {
        var generator = SeededGenerator(seed: 3)
        var pValues: [Double] = []
        for _ in 0..<60 {
            let (reference, current) = (draw(1_000, bins: 77, &generator), draw(250, bins: 77, &generator))
            let result = HistogramComparison(
                reference: reference, current: current, permutations: 99, using: &generator)
            #expect(result.rawPopulationStability > 0.15)
            #expect(result.populationStability < 0.2)
            pValues.append(result.pValue)
        }
        // Binomial(60, 0.05) exceeds 9 once in 700 runs; the seed is fixed.
        #expect(pValues.count { $0 < 0.05 } <= 9)
        // Nor may p-values be large: Binomial(60, 0.5) lies outside once in 150 runs.
        #expect((20...40).contains(pValues.count { $0 < 0.5 }))
    }

    @Test("p-values of a thinned reference are uniform where nothing moved", arguments: [500, 1_000])
    func thinned(bins: Int) {
        var generator = SeededGenerator(seed: 13)
        let pValues = (0..<60).map { _ in
            let (reference, current) = (draw(40 * bins, bins: bins, &generator), draw(250, bins: bins, &generator))
            return HistogramComparison(reference: reference, current: current, permutations: 39, using: &generator)
                .pValue
        }
        #expect((0.3...0.7).contains(pValues.sorted()[30]), "\(pValues.sorted())")
        #expect(pValues.count { $0 < 0.05 } <= 9)
    }

    @Test("a tenth of many labels that take all traffic is beyond chance")
    func fewOfManyLabels() {
        var generator = SeededGenerator(seed: 17)
        let reference = draw(40 * 2_000, bins: 2_000, &generator)
        let current = draw(250, bins: 2_000, of: 200, &generator)
        let result = HistogramComparison(
            reference: reference, current: current, permutations: 199, using: &generator)
        #expect(result.pValue < 0.01)
        #expect(result.jensenShannon > 0.1)
    }

    @Test("counts in bins that one side lacks are the whole distance, and bins that both lack none")
    func emptyBins() {
        #expect(HistogramDistance.jensenShannon([3, 0, 0], [0, 5, 0]) == 1)
        #expect(HistogramDistance.jensenShannon([3, 0, 1], [9, 0, 3]) == 0)
    }

    @Test("a label that gains 20 points is beyond chance")
    func labelShift() {
        var generator = SeededGenerator(seed: 4)
        func draw(_ count: Int, gained: Double) -> [Int] {
            (0..<count).reduce(into: Array(repeating: 0, count: 50)) { counts, _ in
                let moves = Double(generator.next() >> 11) * 0x1p-53 < gained
                counts[moves ? 7 : Int(generator.next() % 50)] += 1
            }
        }
        let (reference, current) = (draw(1_000, gained: 0), draw(250, gained: 0.2))
        let result = HistogramComparison(reference: reference, current: current, using: &generator)
        #expect(result.pValue == 0.002)
        #expect(result.populationStability > 0.25)
        #expect(result.jensenShannon > 0.1)
    }

    @Test("the union is dealt out on to the limit only where few were as far apart")
    func limit() {
        var generator = SeededGenerator(seed: 6)
        let apart = HistogramComparison(
            reference: [100, 0], current: [0, 100], permutations: 99, limit: 999, using: &generator)
        #expect(apart.pValue == 0.001)
        let same = HistogramComparison(
            reference: [50, 50], current: [50, 50], permutations: 99, limit: 999, using: &generator)
        #expect(same.pValue == 1)
        // Where chance is known to be at work after 99 already, it is as without a limit.
        var (left, right) = (generator, generator)
        let moved = (reference: [50, 50], current: [54, 46])
        #expect(
            HistogramComparison(
                reference: moved.reference, current: moved.current, permutations: 99, limit: 999, using: &left)
                == HistogramComparison(
                    reference: moved.reference, current: moved.current, permutations: 99, using: &right))
    }

    @Test("p-values of MMD are uniform where nothing moved, and small where something did")
    func maximumMeanDiscrepancy() {
        var generator = SeededGenerator(seed: 5)
        func sample(shift: Float) -> [Float] {
            var row = (0..<8).map { _ in Float(generator.next() >> 40) * 0x1p-24 - 0.5 }
            row[0] += shift
            return row
        }
        var below = 0
        for _ in 0..<60 {
            let matrix = FeatureMatrix((0..<60).map { _ in sample(shift: 0) }, width: 8)
            let test = MaximumMeanDiscrepancy(gram: matrix.gram, count: 60, first: 30)
            if test.pValue(permutations: 99, using: &generator) <= 0.1 { below += 1 }
        }
        #expect((1...14).contains(below))
        let rows = (0..<60).map { sample(shift: $0 < 30 ? 0 : 0.6) }
        let test = MaximumMeanDiscrepancy(gram: FeatureMatrix(rows, width: 8).gram, count: 60, first: 30)
        #expect(test.pValue(using: &generator) == 0.002)
    }

    @Test("area under the curve counts ties by half")
    func areaUnderCurve() {
        #expect(DomainClassifier.areaUnderCurve(negative: [1, 2], positive: [2, 3]) == 0.875)
        #expect(DomainClassifier.areaUnderCurve(negative: [5], positive: [1]) == 0)
        #expect(DomainClassifier.areaUnderCurve(negative: [1, 1], positive: [1, 1]) == 0.5)
    }

    @Test("samples that are equal are no difference, samples apart are one")
    func kolmogorovSmirnov() {
        let same = KolmogorovSmirnov([1, 2, 3], [1, 2, 3])
        #expect(same.statistic == 0 && same.pValue == 1)
        let apart = KolmogorovSmirnov([1, 2, 3], [4, 5, 6])
        #expect(apart.statistic == 1)
        // Two of the 20 orders of three and three are as far apart.
        #expect(abs(apart.pValue - 0.1) < 1e-12)
    }

    @Test("ADWIN tells which way the mean went, and stays small")
    func adaptiveWindow() throws {
        var window = AdaptiveWindow()
        let changes = (0..<4_000).compactMap { window.add($0 < 2_000 ? 1 : 0) }
        #expect(changes.first == .fall)
        #expect(window.width <= 2_100 && window.mean < 0.1)
    }

    @Test("prequential accuracy slides, and Page–Hinkley sees it fall")
    func prequential() {
        var accuracy = PrequentialAccuracy(window: 4)
        #expect(accuracy.accuracy == nil)
        for answer in [true, true, true, false, false, false] { accuracy.add(answer) }
        #expect(accuracy.accuracy == 0.25 && accuracy.count == 4 && accuracy.total == 6)
        var test = PageHinkley(threshold: 10)
        #expect((0..<500).allSatisfy { _ in test.add(0) == nil })
        #expect((0..<100).contains { _ in test.add(1) == .rise })
    }

    @Test("calibration error is the distance of confidence and accuracy")
    func calibration() throws {
        var bins = CalibrationBins()
        #expect(bins.expectedError == nil)
        for index in 0..<10 { bins.add(confidence: 0.85, isCorrect: index < 6) }
        for _ in 0..<10 { bins.add(confidence: 1, isCorrect: true) }
        #expect(abs(try #require(bins.expectedError) - 0.125) < 1e-12)
    }
}
