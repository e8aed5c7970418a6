import Schema

/// Drift of one task: what was seen lately, what it is compared with, and what came of it. Bounded, a value, saved and
/// restored whole; holds no text.
///
/// Features are those of the frozen base, so they stay comparable whatever adapter serves. Answers and arrivals are
/// compared within one adapter: a new one starts their windows afresh, because it answers otherwise and has learned what
/// had arrived.
public struct TaskDrift: Sendable, Codable {
    public var options: DriftOptions { didSet { applyOptions(oldValue) } }
    package private(set) var reference: DriftReference?

    /// An answer of the serving adapter.
    struct Prediction: Sendable, Codable {
        var time: Double
        /// Position in the adapter's labels; behind them all for what another head knows.
        var label: Int
        var confidence: Float
        /// Tokens, and how many of them are unknown.
        var length: Int
        var unknown: Int
    }

    struct Embedded: Sendable, Codable {
        var time: Double
        var features: PackedFeatures
    }

    struct Arrival: Sendable, Codable {
        var time: Double
        var label: String
    }

    var predictions: LatestValues<Prediction>
    var embedded: LatestValues<Embedded>
    var arrivals: LatestValues<Arrival>
    /// When the answers within ``accuracy`` were given.
    var answerTimes: LatestValues<Double>
    /// The same answers, so that fresh ones can be asked alone.
    var answers: LatestValues<Bool>
    var calibration = CalibrationBins()
    /// Of the distance to the nearest class mean.
    var distance: AdaptiveWindow
    /// Of the errors of labelled examples answered before they were learned.
    var errors: AdaptiveWindow
    var excess: PageHinkley

    /// Observations at the last look, by source.
    var looked: [DriftTest.Source: Int] = [:]
    var results: [DriftTest: DriftTest.Result] = [:]
    /// ``results`` after correction.
    var adjusted: [DriftTest: Double] = [:]
    var signals: [DriftTest: DriftSignal] = [:]
    /// When spells of watching began, within ``spellMemory``.
    var spells: [Double] = []
    var detections = Detections()
    var series: [DriftTest: [DriftSeries.Point]] = [:]
    /// Kinds that are in drift, since when.
    var drifting: [DriftKind: Double] = [:]

    /// What the detectors told that are no test.
    struct Detections: Sendable, Codable {
        /// When ADWIN last saw the distance rise, and observations until then.
        var distance: Detection?
        var errors: Detection?
        var excess: Detection?
        var newLabelSince: Double?

        struct Detection: Sendable, Codable {
            var time: Double
            var total: Int
        }
    }

    /// Class means and positions of labels of the reference; made from it, not saved.
    private var means: FeatureMatrix?
    private(set) var positions: [String: Int] = [:]

    package init(options: DriftOptions = DriftOptions()) {
        self.options = options
        predictions = LatestValues(capacity: options.window)
        embedded = LatestValues(capacity: options.window)
        arrivals = LatestValues(capacity: options.window)
        answerTimes = LatestValues(capacity: options.window)
        answers = LatestValues(capacity: options.window)
        distance = AdaptiveWindow(delta: options.adwinDelta)
        errors = AdaptiveWindow(delta: options.adwinDelta)
        excess = PageHinkley(threshold: options.pageHinkley)
    }

    /// The version it compares with.
    package var adapter: AdapterReference? { reference?.adapter }

    /// Compares with another adapter's held-out examples from now on.
    package mutating func compare(with reference: DriftReference) {
        let isOther = self.reference?.adapter.digest != reference.adapter.digest
        self.reference = reference
        index(reference)
        guard isOther else { return }
        // Answers of another adapter are not this one's; and what its training took in is drift no more.
        predictions.removeAll()
        arrivals.removeAll()
        answers.removeAll()
        answerTimes.removeAll()
        calibration = CalibrationBins()
        distance = AdaptiveWindow(delta: options.adwinDelta)
        errors = AdaptiveWindow(delta: options.adwinDelta)
        excess = PageHinkley(threshold: options.pageHinkley)
        detections = Detections()
        for test in DriftTest.allCases {
            results[test] = nil
            if drifting[test.kind] == nil { signals[test] = nil }
        }
    }

    /// Takes an answer of the adapter it compares with.
    ///
    /// - Parameters:
    ///   - length: tokens, special ones included.
    ///   - unknown: how many of them the vocabulary does not hold.
    package mutating func observe(
        label: String, confidence: Float, length: Int, unknown: Int, at time: Double
    ) {
        guard let reference else { return }
        let position = positions[label] ?? reference.labels.count
        predictions.append(
            Prediction(time: time, label: position, confidence: confidence, length: length, unknown: unknown))
    }

    /// Takes the frozen features of a query, of length 1.
    package mutating func observe(features: [Float], at time: Double) {
        embedded.append(Embedded(time: time, features: PackedFeatures(features)))
        guard let means, means.width == features.count, let nearest = means.largestDot(with: features) else { return }
        if distance.add(Double(1 - nearest)) == .rise {
            detections.distance = Detections.Detection(time: time, total: embedded.total)
        }
    }

    /// Takes the label of an arriving example.
    package mutating func arrive(label: String, at time: Double) { arrivals.append(Arrival(time: time, label: label)) }

    /// Takes whether the adapter in service answered an example right that it has not learned.
    ///
    /// - Parameter confidence: score of the answer; `nil` where it is not known any more.
    package mutating func answer(isCorrect: Bool, confidence: Double?, at time: Double) {
        answers.append(isCorrect)
        answerTimes.append(time)
        if let confidence {
            calibration.add(confidence: confidence, isCorrect: isCorrect, fading: 1 - 1 / Double(options.window))
        }
        if errors.add(isCorrect ? 0 : 1) == .rise {
            detections.errors = Detections.Detection(time: time, total: answers.total)
        }
        if excess.add(isCorrect ? 0 : 1) == .rise {
            detections.excess = Detections.Detection(time: time, total: answers.total)
        }
    }

    private mutating func index(_ reference: DriftReference) {
        means = reference.classMeans
        positions = Dictionary(uniqueKeysWithValues: reference.labels.enumerated().map { ($1, $0) })
    }

    private mutating func applyOptions(_ old: DriftOptions) {
        if options.window != old.window {
            predictions.resize(to: options.window)
            embedded.resize(to: options.window)
            arrivals.resize(to: options.window)
            answers.resize(to: options.window)
            answerTimes.resize(to: options.window)
        }
        if options.adwinDelta != old.adwinDelta {
            distance = AdaptiveWindow(delta: options.adwinDelta)
            errors = AdaptiveWindow(delta: options.adwinDelta)
        }
        if options.pageHinkley != old.pageHinkley { excess = PageHinkley(threshold: options.pageHinkley) }
    }

    enum CodingKeys: CodingKey {
        case options, reference, predictions, embedded, arrivals, answerTimes, answers, calibration, distance, errors
        case excess, looked, results, adjusted, signals, spells, detections, series, drifting
    }

    /// Restores what was saved, and makes anew what was not.
    package mutating func wake() {
        if let reference { index(reference) }
    }
}

extension TaskDrift {
    /// Whether any kind is in drift.
    package var isDrifting: Bool { !drifting.isEmpty }

    /// A number that changes with every observation.
    package var seed: UInt64 {
        UInt64(predictions.total) &+ UInt64(arrivals.total) << 20 &+ UInt64(answers.total) << 40
    }
}
