import Schema

extension TaskDrift {
    /// How often a test deals out both sides anew: `count` times, and on to `limit` until its p-value is known.
    struct Permutations {
        var count: Int
        var limit: Int

        /// Features of two windows of 250 take some eight seconds for so many, at idle.
        static let most = 99_999
        /// The smallest level that the most of them can tell.
        static let leastLevel = 2 / Double(most + 1)

        /// - Parameter level: what the p-value is held against; told also where one of them is as far apart.
        init(_ count: Int, telling level: Double) {
            self.count = count
            limit = max(count, Int(min(Double(Self.most), (2 / level).rounded(.up))))
        }
    }

    /// Observations of a source ever taken, and those within the window.
    func observations(_ source: DriftTest.Source) -> (total: Int, held: Int) {
        switch source {
        case .features: (embedded.total, embedded.count)
        case .predictions: (predictions.total, predictions.count)
        case .arrivals: (arrivals.total, arrivals.count)
        case .answers: (answers.total, answers.count)
        }
    }

    /// Samples of the reference for a source.
    func referenceSize(_ source: DriftTest.Source) -> Int {
        guard let reference else { return 0 }
        return switch source {
        case .features: reference.examples.count { $0.features != nil }
        case .predictions, .answers: reference.examples.count
        case .arrivals: reference.trained.reduce(0, +)
        }
    }

    /// Compares the last `count` observations of a source with the reference.
    func evaluate(
        _ source: DriftTest.Source, latest count: Int, permutations: Permutations,
        using generator: inout some RandomNumberGenerator
    ) -> [DriftTest: DriftTest.Result] {
        guard let reference else { return [:] }
        switch source {
        case .features: return compareFeatures(reference, count, permutations, &generator)
        case .predictions: return comparePredictions(reference, count, permutations, &generator)
        case .arrivals: return compareLabels(reference, count, permutations, &generator)
        case .answers: return compareAccuracy(reference, count)
        }
    }

    private func compareFeatures(
        _ reference: DriftReference, _ count: Int, _ permutations: Permutations,
        _ generator: inout some RandomNumberGenerator
    ) -> [DriftTest: DriftTest.Result] {
        let current = embedded.latest(count)
        let known = reference.embedded
        guard let first = current.first, let last = current.last, let width = known.first?.count,
            current.count > 1, known.count > 1, first.features.values.count == width
        else { return [:] }
        let matrix = FeatureMatrix(current.map(\.features.values) + known, width: width)
        let gram = matrix.gram
        let discrepancy = MaximumMeanDiscrepancy(gram: gram, count: matrix.count, first: current.count)
        let classifier = DomainClassifier(gram: gram, count: matrix.count, first: current.count)
        func result(_ value: Double, _ pValue: Double) -> DriftTest.Result {
            DriftTest.Result(
                value: value, pValue: pValue, reference: known.count, current: current.count, from: first.time,
                to: last.time)
        }
        let pValue = discrepancy.pValue(permutations: permutations.limit, using: &generator)
        return [
            .inputDiscrepancy: result(discrepancy.squared, pValue),
            .inputClassifier: result(classifier.areaUnderCurve, classifier.pValue),
        ]
    }

    private func comparePredictions(
        _ reference: DriftReference, _ count: Int, _ permutations: Permutations,
        _ generator: inout some RandomNumberGenerator
    ) -> [DriftTest: DriftTest.Result] {
        let current = predictions.latest(count)
        guard let first = current.first, let last = current.last, !reference.examples.isEmpty else { return [:] }
        func result(_ value: Double, _ pValue: Double) -> DriftTest.Result {
            DriftTest.Result(
                value: value, pValue: pValue, reference: reference.examples.count, current: current.count,
                from: first.time, to: last.time)
        }
        // One bin more, for labels that only another head knows.
        let bins = reference.labels.count + 1
        let labels = HistogramComparison(
            reference: histogram(reference.examples.map(\.predicted), bins: bins),
            current: histogram(current.map(\.label), bins: bins), permutations: permutations.count,
            limit: permutations.limit, using: &generator)
        let lengths = HistogramComparison(
            reference: TextBins.lengths(reference.examples.map(\.length)),
            current: TextBins.lengths(current.map(\.length)), permutations: permutations.count,
            limit: permutations.limit, using: &generator)
        let unknown = HistogramComparison(
            reference: TextBins.unknown(reference.examples.map { ($0.unknown, $0.length) }),
            current: TextBins.unknown(current.map { ($0.unknown, $0.length) }), permutations: permutations.count,
            limit: permutations.limit, using: &generator)
        let confidence = KolmogorovSmirnov(
            reference.examples.map { Double($0.confidence) }, current.map { Double($0.confidence) })
        return [
            .predictionStability: result(labels.populationStability, labels.pValue),
            .predictionDistance: result(labels.jensenShannon, labels.pValue),
            .length: result(lengths.populationStability, lengths.pValue),
            .unknownTokens: result(unknown.populationStability, unknown.pValue),
            .confidence: result(confidence.statistic, confidence.pValue),
        ]
    }

    private func compareLabels(
        _ reference: DriftReference, _ count: Int, _ permutations: Permutations,
        _ generator: inout some RandomNumberGenerator
    ) -> [DriftTest: DriftTest.Result] {
        let current = arrivals.latest(count)
        let trained = reference.trained.reduce(0, +)
        guard let first = current.first, let last = current.last, trained > 0 else { return [:] }
        // One bin more, for labels that the adapter does not know.
        let labels = HistogramComparison(
            reference: reference.trained + [0],
            current: histogram(
                current.map { positions[$0.label] ?? reference.labels.count }, bins: reference.labels.count + 1),
            permutations: permutations.count, limit: permutations.limit, using: &generator)
        func result(_ value: Double) -> DriftTest.Result {
            DriftTest.Result(
                value: value, pValue: labels.pValue, reference: trained, current: current.count, from: first.time,
                to: last.time)
        }
        return [.labelStability: result(labels.populationStability), .labelDistance: result(labels.jensenShannon)]
    }

    private func compareAccuracy(_ reference: DriftReference, _ count: Int) -> [DriftTest: DriftTest.Result] {
        let current = answers.latest(count)
        let times = answerTimes.latest(count)
        guard let from = times.first, let to = times.last else { return [:] }
        var accuracy = PrequentialAccuracy(window: current.count)
        for answer in current { accuracy.add(answer) }
        let pValue = accuracy.pValueOfDrop(
            referenceCorrect: reference.correct, referenceTotal: reference.examples.count)
        return [
            .accuracy: DriftTest.Result(
                value: accuracy.accuracy ?? 0, pValue: pValue, reference: reference.examples.count,
                current: current.count, from: from, to: to)
        ]
    }

    private func histogram(_ values: [Int], bins: Int) -> [Int] {
        values.reduce(into: Array(repeating: 0, count: bins)) { counts, value in
            if counts.indices.contains(value) { counts[value] += 1 }
        }
    }
}
