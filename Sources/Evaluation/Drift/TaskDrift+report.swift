import Schema

extension TaskDrift {
    /// What is known now; events come from whoever keeps them.
    package func report(_ task: TaskName, at time: Timestamp = .now, events: [DriftEvent] = []) -> DriftReport {
        DriftReport(
            task: task, time: time, adapter: reference?.adapter.version, verdicts: verdicts,
            series: DriftTest.allCases.compactMap { test in
                guard let points = series[test], !points.isEmpty else { return nil }
                return DriftSeries(
                    kind: test.kind, statistic: test.statistic,
                    // Tests are drawn by their statistic; their threshold is one of the p-value.
                    threshold: test == .inputDiscrepancy || test == .confidence
                        ? nil : test.threshold(options, referenceAccuracy: reference?.accuracy),
                    points: points)
            }, events: events)
    }

    /// One for each test and detector, whether it could be judged or not.
    var verdicts: [DriftVerdict] {
        DriftTest.allCases.map(verdict) + [
            distanceVerdict, newLabelVerdict, errorVerdict("adwin", detections.errors, errors.mean, options.adwinDelta),
            errorVerdict("page_hinkley", detections.excess, excess.rise, options.pageHinkley), calibrationVerdict,
        ]
    }

    private func verdict(_ test: DriftTest) -> DriftVerdict {
        let (_, held) = observations(test.source)
        let samples = DriftVerdict.Samples(
            reference: referenceSize(test.source), current: held, minimum: options.minimumSample)
        let threshold = test.threshold(options, referenceAccuracy: reference?.accuracy)
        guard let result = results[test] else {
            // Another version came into service while it lasted: it goes on until that one has been judged.
            if case .drifting(let since, _) = signals[test]?.phase {
                return DriftVerdict(
                    kind: test.kind, statistic: test.statistic, threshold: threshold, samples: samples, level: .drift,
                    since: Timestamp(seconds: since), advice: DriftAdvice.newVersion(samples))
            }
            return DriftVerdict(
                kind: test.kind, statistic: test.statistic, threshold: threshold, samples: samples,
                level: .insufficient, advice: DriftAdvice.insufficient(samples))
        }
        var level = DriftLevel.ok
        var since: Double?
        switch signals[test]?.phase {
        case .watching(let start, _, _): (level, since) = (.watch, start)
        case .drifting(let start, _): (level, since) = (.drift, start)
        case .quiet, nil: break
        }
        return DriftVerdict(
            kind: test.kind, statistic: test.statistic, value: result.value, threshold: threshold,
            pValue: adjusted[test], samples: samples,
            window: DriftVerdict.Window(from: Timestamp(seconds: result.from), to: Timestamp(seconds: result.to)),
            level: level, since: since.map(Timestamp.init(seconds:)), advice: DriftAdvice.text(test.kind, level))
    }

    /// The cheap detector in between: it calls the dear tests and is watched, no more.
    private var distanceVerdict: DriftVerdict {
        let (total, held) = observations(.features)
        let samples = DriftVerdict.Samples(
            reference: referenceSize(.features), current: held, minimum: options.minimumSample)
        let isEnough = held >= options.minimumSample && samples.reference >= options.minimumSample
        let recent = detections.distance.flatMap { total - $0.total < options.window ? $0 : nil }
        let level: DriftLevel = !isEnough ? .insufficient : recent == nil ? .ok : .watch
        return DriftVerdict(
            kind: .input, statistic: "adwin", value: distance.width > 0 ? distance.mean : nil,
            threshold: options.adwinDelta, samples: samples, window: window(of: embedded.latest(held).map(\.time)),
            level: level, since: level == .watch ? recent.map { Timestamp(seconds: $0.time) } : nil,
            advice: isEnough ? DriftAdvice.text(.input, level) : DriftAdvice.insufficient(samples))
    }

    private var newLabelVerdict: DriftVerdict {
        let labels = newLabels
        let samples = DriftVerdict.Samples(
            reference: reference?.labels.count ?? 0, current: arrivals.count, minimum: 1)
        let level: DriftLevel =
            reference == nil || arrivals.count == 0
            ? .insufficient : labels.isEmpty ? .ok : labels.count >= options.newLabels ? .drift : .watch
        return DriftVerdict(
            kind: .newLabel, statistic: "count", value: Double(labels.count), threshold: Double(options.newLabels),
            samples: samples, window: window(of: arrivals.latest(options.window).map(\.time)), level: level,
            since: level == .drift ? detections.newLabelSince.map(Timestamp.init(seconds:)) : nil,
            advice: level == .insufficient
                ? DriftAdvice.insufficient(samples) : DriftAdvice.newLabels(Set(labels).sorted(), level))
    }

    /// Detectors of errors are drift where the accuracy test agrees, and watched where it does not.
    private func errorVerdict(
        _ statistic: String, _ detection: Detections.Detection?, _ value: Double, _ threshold: Double
    ) -> DriftVerdict {
        let samples = DriftVerdict.Samples(
            reference: referenceSize(.answers), current: answers.count, minimum: options.minimumSample)
        let recent = detection.flatMap { answers.total - $0.total < options.window ? $0 : nil }
        var level = DriftLevel.ok
        if answers.count < options.minimumSample || samples.reference < options.minimumSample {
            level = .insufficient
        } else if recent != nil {
            if case .drifting = signals[.accuracy]?.phase { level = .drift } else { level = .watch }
        }
        let isTold = level == .watch || level == .drift
        return DriftVerdict(
            kind: .performance, statistic: statistic, value: answers.count > 0 ? value : nil, threshold: threshold,
            samples: samples, window: window(of: answerTimes.latest(options.window)), level: level,
            since: isTold ? recent.map { Timestamp(seconds: $0.time) } : nil,
            advice: level == .insufficient
                ? DriftAdvice.insufficient(samples) : DriftAdvice.text(.performance, level))
    }

    /// Calibration is watched where it is worse than on the held-out examples; it is no test, so never drift.
    private var calibrationVerdict: DriftVerdict {
        let count = Int(calibration.count.rounded())
        let samples = DriftVerdict.Samples(
            reference: referenceSize(.answers), current: count, minimum: options.minimumSample)
        let usual = reference?.calibration.expectedError ?? 0
        let threshold = max(options.calibrationError, usual + options.calibrationError / 2)
        let value = calibration.expectedError
        let isEnough = count >= options.minimumSample && samples.reference >= options.minimumSample
        let level: DriftLevel = !isEnough ? .insufficient : (value ?? 0) > threshold ? .watch : .ok
        return DriftVerdict(
            kind: .calibration, statistic: "ece", value: value, threshold: threshold, samples: samples,
            window: window(of: answerTimes.latest(options.window)), level: level,
            advice: isEnough ? DriftAdvice.text(.calibration, level) : DriftAdvice.insufficient(samples))
    }

    private func window(of times: some Collection<Double>) -> DriftVerdict.Window? {
        guard let from = times.min(), let to = times.max() else { return nil }
        return DriftVerdict.Window(from: Timestamp(seconds: from), to: Timestamp(seconds: to))
    }
}
