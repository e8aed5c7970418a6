import Foundation
import Schema

extension TaskDrift {
    /// Spells of watching count against later ones for this long.
    private static let spellMemory = 30 * 86_400.0
    /// More where the level asks for them.
    private static let permutations = 499
    private static let confirmingPermutations = 2_999
    private static let pointsKept = 120

    /// Whether enough was seen since the last look for another one.
    package var isDue: Bool { !due.isEmpty || isDueForNewLabels }

    /// New labels are told at once; that they are gone does not wait for other arrivals either.
    private var isDueForNewLabels: Bool {
        guard options.isEnabled, reference != nil else { return false }
        let isOther = detections.newLabelSince == nil
        if drifting[.newLabel] != nil { return isOther || newLabels.isEmpty }
        return isOther && newLabels.count >= options.newLabels
    }

    private var due: [DriftTest.Source] {
        guard options.isEnabled, reference != nil else { return [] }
        return DriftTest.Source.allCases.filter { source in
            let (total, held) = observations(source)
            guard held >= options.minimumSample, referenceSize(source) >= options.minimumSample else { return false }
            let since = total - (looked[source] ?? 0)
            // ADWIN is cheap enough for every query; when it speaks, the dear tests do not wait for their turn.
            let isCalled = source == .features && (detections.distance?.total ?? 0) > (looked[source] ?? 0)
            return since >= max(10, options.window / 5) || isCalled
        }
    }

    /// Judges what is due.
    ///
    /// - Returns: drifts that were confirmed or have ended.
    package mutating func look(
        at time: Timestamp, using generator: inout some RandomNumberGenerator
    ) -> [DriftEvent] {
        let sources = due
        // The correction may leave a test its share of the level only.
        let permutations = Permutations(
            Self.permutations, telling: options.pValue / Double(DriftTest.allCases.count))
        for source in sources {
            looked[source] = observations(source).total
            let found = evaluate(source, latest: options.window, permutations: permutations, using: &generator)
            for (test, result) in found {
                results[test] = result
                series[test, default: []].append(DriftSeries.Point(time: time, value: result.value))
                if series[test, default: []].count > Self.pointsKept { series[test]?.removeFirst() }
            }
        }
        let tests = DriftTest.allCases.filter { results[$0] != nil }
        let corrected = benjaminiHochbergAdjusted(tests.map { results[$0]?.pValue ?? 1 })
        adjusted = Dictionary(uniqueKeysWithValues: zip(tests, corrected))
        spells.removeAll { time.seconds - $0 > Self.spellMemory }
        var confirming: [DriftTest: DriftTest.Result] = [:]
        for test in tests where sources.contains(test.source) {
            confirming[test] = advance(test, time.seconds, &generator)
        }
        judgeNewLabels(time.seconds)
        return transitions(time, confirming: confirming)
    }

    /// - Returns: what fresh observations gave, where they confirmed a drift.
    private mutating func advance(
        _ test: DriftTest, _ time: Double, _ generator: inout some RandomNumberGenerator
    ) -> DriftTest.Result? {
        guard let result = results[test] else { return nil }
        let total = observations(test.source).total
        var signal = signals[test] ?? DriftSignal()
        defer { signals[test] = signal }
        let level = attainable(options.pValue, by: test, among: DriftTest.allCases.count)
        let speaks = (adjusted[test] ?? 1) < level && isOver(test, result.value)
        switch signal.look(speaks: speaks, total: total, time: time, window: options.window) {
        case .began: spells.append(time)
        case .ask(let count):
            // Asked twice, and the harder the more often something was watched in vain.
            let level = attainable(options.pValue / 2 / Double(max(spells.count, 1)), by: test)
            let permutations = Permutations(Self.confirmingPermutations, telling: test.isPermuted ? level : 1)
            let fresh = evaluate(test.source, latest: count, permutations: permutations, using: &generator)[test]
            let confirmed = fresh.map { $0.pValue < level && isOver(test, $0.value, fully: true) } ?? false
            signal.answer(confirmed: confirmed, total: total)
            if confirmed { return fresh }
        case .none, .ended: break
        }
        return nil
    }

    /// The level, or the least above it that a test can tell whose p-value is corrected among so many.
    private func attainable(_ level: Double, by test: DriftTest, among tests: Int = 1) -> Double {
        test.isPermuted ? max(level, Permutations.leastLevel * Double(tests)) : level
    }

    private func isOver(_ test: DriftTest, _ value: Double, fully: Bool = false) -> Bool {
        test.isOver(value, options, referenceAccuracy: reference?.accuracy ?? 0, fully: fully)
    }

    private mutating func judgeNewLabels(_ time: Double) {
        if newLabels.count >= options.newLabels {
            detections.newLabelSince = detections.newLabelSince ?? time
        } else {
            detections.newLabelSince = nil
        }
    }

    /// Labels of arrivals in the window that the adapter does not know, each as often as it came.
    var newLabels: [String] {
        guard reference != nil else { return [] }
        return arrivals.latest(options.window).map(\.label).filter { positions[$0] == nil }
    }

    private mutating func transitions(
        _ time: Timestamp, confirming: [DriftTest: DriftTest.Result]
    ) -> [DriftEvent] {
        var events: [DriftEvent] = []
        let current = verdicts.map { verdict in
            let test = confirming.keys.first { $0.kind == verdict.kind && $0.statistic == verdict.statistic }
            return test.flatMap { confirming[$0] }.map { Self.told(verdict, by: $0) } ?? verdict
        }
        for kind in DriftKind.allCases {
            let mine = current.filter { $0.kind == kind }
            let level = mine.map(\.level).max() ?? .insufficient
            // Labels that are new to another version were not told with those of the version before.
            let goesOn = level == .drift && (kind != .newLabel || drifting[kind] == detections.newLabelSince)
            if drifting[kind] != nil, !goesOn {
                drifting[kind] = nil
                events.append(
                    DriftEvent(time: time, kind: kind, level: .ok, message: "\(kind.name): no drift any more"))
            }
            if level == .drift, drifting[kind] == nil {
                drifting[kind] = mine.compactMap(\.since?.seconds).min() ?? time.seconds
                let told = mine.filter { $0.level == .drift }.map(Self.words).joined(separator: ", ")
                events.append(DriftEvent(time: time, kind: kind, level: .drift, message: "\(kind.name): \(told)"))
            }
        }
        return events
    }

    /// The verdict with what decided it: fresh observations, not the window that slides.
    private static func told(_ verdict: DriftVerdict, by result: DriftTest.Result) -> DriftVerdict {
        var verdict = verdict
        (verdict.value, verdict.pValue) = (result.value, result.pValue)
        (verdict.samples.reference, verdict.samples.current) = (result.reference, result.current)
        return verdict
    }

    /// "psi 0.41 (threshold 0.25, p 0.0007, 250 against 500)", "ks 0.28 (p 0.0007 under 0.05, 250 against 500)"
    private static func words(_ verdict: DriftVerdict) -> String {
        var parts: [String] = []
        let threshold = verdict.threshold.map(short)
        if !verdict.isJudgedByPValue, let threshold { parts.append("threshold " + threshold) }
        if let pValue = verdict.pValue {
            let limit = verdict.isJudgedByPValue ? threshold.map { " under " + $0 } : nil
            parts.append("p " + short(pValue) + (limit ?? ""))
        }
        parts.append("\(verdict.samples.current) against \(verdict.samples.reference)")
        return "\(verdict.statistic) \(verdict.value.map(short) ?? "?") (\(parts.joined(separator: ", ")))"
    }

    private static func short(_ value: Double) -> String { String(format: "%.3g", value) }
}

extension DriftKind {
    var name: String {
        switch self {
        case .input: "input drift"
        case .length: "drift of text lengths"
        case .unknownTokens: "drift of unknown tokens"
        case .prediction: "drift of predicted labels"
        case .confidence: "drift of confidence"
        case .label: "drift of arriving labels"
        case .newLabel: "new labels"
        case .performance: "drift of accuracy"
        case .calibration: "drift of calibration"
        }
    }
}
