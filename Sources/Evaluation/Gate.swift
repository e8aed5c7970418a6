import Schema

/// Decides whether a candidate takes the champion's place. A pure function of their answers to the same examples.
///
/// A candidate is promoted when it has learned what is new and kept what is old:
///
/// - *New.* On the new slices it answers more than guessing would, and is not worse than the champion beyond chance
///   (exact sign test). A champion that does not know the new labels answers none of them, so that any right answer
///   is better; one that knows them may be equalled. Few examples decide nothing against a candidate: it fails only
///   when one that learned half of what there was to learn would hardly have done so badly.
/// - *Old.* Among the labels that the champion knows, no old slice drops by more than the tolerance beyond chance
///   (``PairedComparison/pValue(dropExceeding:)``), nor do all old slices together: a loss spread thin over many slices
///   shows only in their sum. Slices of a long history are merged first, and small ones pooled (``SliceGroups``). New
///   labels make every choice harder and rightly take some texts that resemble them: what a slice loses to them may
///   exceed the growth tolerance no more. Chance alone would make one of many tests fail, so
///   the p-values are adjusted to their number (Holm): a candidate that dropped nowhere beyond its tolerance is refused
///   with at most 1 − confidence, however long the history.
///
/// Without a champion only the first part applies, and without held-out examples nothing speaks against a candidate.
public struct Gate: Sendable {
    public let options: Recipe.GateOptions

    public init(_ options: Recipe.GateOptions) { self.options = options }

    /// - Parameters:
    ///   - outcomes: one for each slice; answers must be to the same examples in the same order.
    ///   - attempt: 1-based. A failing candidate is tried again up to `options.retries` times, then rejected.
    public func judge(_ outcomes: [SliceOutcome], attempt: Int) -> Verdict {
        let old = oldSlices(outcomes)
        let failure = old.failure ?? newFailure(outcomes)
        let decision: Verdict.Decision = failure == nil ? .promote : attempt <= options.retries ? .retry : .reject
        let reason: String
        switch (decision, failure) {
        case (.retry, let failure?): reason = "to be tried again with more replay: " + failure
        case (.reject, let failure?): reason = "rejected: " + failure
        default: reason = "promoted: " + success(outcomes)
        }
        return Verdict(
            decision: decision, reason: reason,
            slices: outcomes.map { outcome in
                SliceComparison(
                    experience: outcome.experience, isNew: outcome.isNew, examples: outcome.examples,
                    champion: outcome.championRight.map { share($0, of: outcome.examples) },
                    candidate: share(outcome.candidateRight, of: outcome.examples),
                    lost: outcome.comparison?.lost, gained: outcome.comparison?.gained,
                    pValue: outcome.isNew ? nil : old.pValues[outcome.experience])
            },
            attempt: attempt, tolerance: options.tolerance, confidence: options.confidence)
    }

    private var level: Double { 1 - options.confidence }

    /// One question put to old slices: did `result` drop by more than `tolerance`?
    private struct Question {
        /// Of the slices it is put to; empty for all together.
        var experiences: [Int] = []
        var result: PairedComparison
        var tolerance: Double
        var concernsGrowth: Bool
    }

    private func questions(_ outcomes: [SliceOutcome]) -> [Question] {
        let groups = SliceGroups(poolBelow: options.poolBelow).groups(of: outcomes)
        var questions = groups.flatMap { group -> [Question] in
            let experiences = group.map(\.experience)
            var questions = [
                Question(
                    experiences: experiences, result: group.compactMap(\.comparisonAmongKnown).sum,
                    tolerance: options.tolerance, concernsGrowth: false)
            ]
            if group.contains(where: { $0.candidateCorrectAmongKnown != nil }) {
                questions.append(
                    Question(
                        experiences: experiences, result: group.compactMap(\.comparison).sum,
                        tolerance: options.growthTolerance, concernsGrowth: true))
            }
            return questions
        }
        if groups.count > 1 {
            questions.append(
                Question(
                    result: groups.joined().compactMap(\.comparisonAmongKnown).sum, tolerance: options.tolerance,
                    concernsGrowth: false))
        }
        return questions
    }

    /// What became of the old slices: adjusted p-values by experience, and the worst case in words.
    private func oldSlices(_ outcomes: [SliceOutcome]) -> (pValues: [Int: Double], failure: String?) {
        let questions = questions(outcomes)
        let pValues = holmAdjusted(questions.map { $0.result.pValue(dropExceeding: $0.tolerance) })
        var byExperience: [Int: Double] = [:]
        for (question, pValue) in zip(questions, pValues) {
            for experience in question.experiences {
                byExperience[experience] = min(pValue, byExperience[experience] ?? 1)
            }
        }
        guard let worst = pValues.indices.min(by: { pValues[$0] < pValues[$1] }), pValues[worst] < level else {
            return (byExperience, nil)
        }
        return (byExperience, words(of: questions[worst]))
    }

    /// "slice 2 fell 5.1 points, at least 2.6 with 95 % confidence, of 412 examples; the tolerance is 2.0"
    private func words(of question: Question) -> String {
        let result = question.result
        let name = SliceGroups.name(question.experiences) ?? "the old slices together"
        let bound = result.lowerBound(confidence: options.confidence)
        return "\(name) fell \(points(result.drop)) points\(question.concernsGrowth ? " to the new labels" : ""), "
            + "at least \(points(bound)) with \(percent(options.confidence, digits: 0)) confidence, of "
            + "\(result.examples) examples; the tolerance is \(points(question.tolerance))"
    }

    private func newFailure(_ outcomes: [SliceOutcome]) -> String? {
        let new = outcomes.filter { $0.isNew && $0.examples > 0 }
        let examples = new.reduce(0) { $0 + $1.examples }
        guard examples > 0 else { return nil }
        let right = new.reduce(0) { $0 + $1.candidateRight }
        let guessed = new.reduce(0.0) { $0 + $1.majorityShare * Double($1.examples) } / Double(examples)

        let halfLearned = (1 + guessed) / 2
        // Wrong answers at least as many as there are, from a candidate that learned half.
        let chance = binomialTail(atLeast: examples - right, of: examples, probability: 1 - min(halfLearned, 0.999))
        if share(right, of: examples) <= guessed, chance < level {
            return "it answers \(percent(share(right, of: examples))) of the \(examples) new held-out examples, "
                + "no more than guessing (\(percent(guessed)))"
        }
        let compared = new.compactMap(\.comparison)
        guard !compared.isEmpty else { return nil }
        let result = compared.sum
        let pValue = result.pValueOfAnyDrop
        guard result.drop > 0, pValue < level else { return nil }
        return "it is worse than the champion on what is new by \(points(result.drop)) points of \(result.examples) "
            + "examples (\(result.lost) lost, \(result.gained) gained), which is beyond chance"
    }

    private func success(_ outcomes: [SliceOutcome]) -> String {
        let new = outcomes.filter { $0.isNew && $0.examples > 0 }
        let examples = new.reduce(0) { $0 + $1.examples }
        let right = new.reduce(0) { $0 + $1.candidateRight }
        var parts: [String] = []
        if examples == 0 {
            parts.append("nothing new is held out yet to judge by")
        } else {
            var part = "\(percent(share(right, of: examples))) of \(examples) new held-out examples"
            let champion = new.compactMap(\.championRight)
            if champion.count == new.count {
                part += ", the champion \(percent(share(champion.reduce(0, +), of: examples)))"
            }
            parts.append(part)
        }
        let old = outcomes.filter { !$0.isNew && $0.comparison != nil }
        if let worst = old.max(by: { ($0.comparison?.drop ?? 0) < ($1.comparison?.drop ?? 0) }),
            let result = worst.comparison
        {
            parts.append(
                result.drop > 0
                    ? "the largest drop of \(old.count) old slices is \(points(result.drop)) points (slice "
                        + "\(worst.experience), \(result.examples) examples), within tolerance or chance"
                    : "none of \(old.count) old slices fell")
        }
        return parts.joined(separator: "; ")
    }
}

private func share(_ part: Int, of whole: Int) -> Double { whole > 0 ? Double(part) / Double(whole) : 0 }
