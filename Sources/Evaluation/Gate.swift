import Schema

/// Decides whether a candidate takes the champion's place. A pure function of their answers to the same examples.
///
/// A candidate is promoted when it has learned what is new and kept what is old:
///
/// - *New.* On the new slices it answers more than guessing would of the labels that the champion never gives rightly.
///   Few examples decide nothing against a candidate: it fails only when one that learned half of what there was to
///   learn would hardly have done so badly. Of the other labels, in a choice among those that the champion knows, it is
///   not worse than the champion beyond chance (exact sign test): no answer to labels that the champion cannot give
///   makes up for a loss.
/// - *Old.* Where the candidate knows the same labels as the champion, nothing excuses a loss: no old slice, nor all
///   old slices together (a loss spread thin over many slices shows only in their sum), may fall beyond chance (exact
///   sign test), unless the fall is shown to be within the tolerance (``PairedComparison/pValue(dropBelow:)``).
/// - *Grown.* Where it knows more labels, every choice is harder, and some texts rightly go to labels that resemble their
///   own. Among the labels that the champion knows, no old slice drops by more than the tolerance beyond chance
///   (``PairedComparison/pValue(dropExceeding:)``), nor do all together, and what a slice loses to the new labels may
///   exceed the growth tolerance no more.
///
/// Slices of a long history are merged first, and small ones pooled (``SliceGroups``). Chance alone would make one of many
/// tests fail, so the p-values are adjusted to their number (Holm; half of the error is for all together): a candidate that
/// lost nothing is refused with at most 1 − confidence, however long the history.
///
/// A second or later attempt follows one that failed, and is one of several that chance may let pass: attempt n is refused
/// at n times the error.
///
/// Without a champion only the first part applies, and without held-out examples nothing speaks against a candidate.
public struct Gate: Sendable {
    public let options: Recipe.GateOptions

    public init(_ options: Recipe.GateOptions) { self.options = options }

    /// Whether everything may be lost: then nothing is refused.
    private var isOff: Bool { options.tolerance >= 1 && options.growthTolerance >= 1 }

    /// - Parameters:
    ///   - outcomes: one for each slice; answers must be to the same examples in the same order.
    ///   - attempt: 1-based. A failing candidate is tried again up to `options.retries` times, then rejected.
    public func judge(_ outcomes: [SliceOutcome], attempt: Int) -> Verdict {
        let level = min((1 - options.confidence) * Double(max(attempt, 1)), 0.5)
        let compared = comparisons(outcomes, level: level)
        let failure = isOff ? nil : compared.failure ?? newFailure(outcomes, level: level)
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
                    pValue: outcome.isNew ? nil : compared.pValues[outcome.experience])
            },
            attempt: attempt, tolerance: options.tolerance, confidence: ((1 - level) * 1e9).rounded() / 1e9)
    }

    /// One question put to slices: did they drop by more than they may?
    private struct Question {
        /// Of the slices it is put to; empty for all together.
        var experiences: [Int] = []
        var result: PairedComparison
        var tolerance: Double
        var kind: Kind

        enum Kind {
            /// Did it drop at all, and not shown to be by less than the tolerance?
            case sameLabels
            /// Did it drop by more than the tolerance, among the labels known before?
            case knownLabels
            /// The same among all labels.
            case growth
            /// Is the candidate worse on what is new of labels that the champion gives rightly at times?
            case new
        }

        var isTogether: Bool { experiences.isEmpty && kind != .new }

        func pValue(confidence: Double) -> Double {
            switch kind {
            case .sameLabels where result.pValue(dropBelow: tolerance) < 1 - confidence: 1
            case .sameLabels, .new: result.pValueOfAnyDrop
            case .knownLabels, .growth: result.pValue(dropExceeding: tolerance)
            }
        }
    }

    private func questions(_ outcomes: [SliceOutcome]) -> [Question] {
        let hasGrown = outcomes.contains { $0.candidateCorrectAmongKnown != nil }
        let groups = SliceGroups(poolBelow: options.poolBelow).groups(of: outcomes)
        var questions = groups.flatMap { group -> [Question] in
            let experiences = group.map(\.experience)
            var questions = [
                Question(
                    experiences: experiences, result: group.compactMap(\.comparisonAmongKnown).sum,
                    tolerance: options.tolerance, kind: hasGrown ? .knownLabels : .sameLabels)
            ]
            if hasGrown {
                questions.append(
                    Question(
                        experiences: experiences, result: group.compactMap(\.comparison).sum,
                        tolerance: options.growthTolerance, kind: .growth))
            }
            return questions
        }
        if groups.count > 1 {
            questions.append(
                Question(
                    result: groups.joined().compactMap(\.comparisonAmongKnown).sum, tolerance: options.tolerance,
                    kind: hasGrown ? .knownLabels : .sameLabels))
        }
        let new = outcomes.filter(\.isNew).compactMap(\.comparisonOfKnown)
        if !new.isEmpty { questions.append(Question(result: new.sum, tolerance: 0, kind: .new)) }
        return questions
    }

    /// Half of the allowed error is spent on all old slices together, which see most, half on the others (Holm).
    private func adjusted(_ questions: [Question]) -> [Double] {
        let pValues = questions.map { $0.pValue(confidence: options.confidence) }
        guard let together = questions.firstIndex(where: \.isTogether) else { return holmAdjusted(pValues) }
        var others = pValues
        others.remove(at: together)
        var adjusted = holmAdjusted(others)
        adjusted.insert(pValues[together], at: together)
        return adjusted.map { min(1, 2 * $0) }
    }

    /// Against the champion: adjusted p-values by old experience, and the worst case in words.
    private func comparisons(_ outcomes: [SliceOutcome], level: Double) -> (pValues: [Int: Double], failure: String?) {
        let questions = questions(outcomes)
        let pValues = adjusted(questions)
        var byExperience: [Int: Double] = [:]
        for (question, pValue) in zip(questions, pValues) {
            for experience in question.experiences {
                byExperience[experience] = min(pValue, byExperience[experience] ?? 1)
            }
        }
        let failed = questions.indices.filter { pValues[$0] < level }.sorted { pValues[$0] < pValues[$1] }
        // A slice of its own says more than all together.
        let worst = failed.first { !questions[$0].isTogether } ?? failed.first
        return (byExperience, worst.map { words(of: questions[$0], level: level) })
    }

    /// "slice 2 fell 5.1 points of 412 examples (25 lost, 4 gained), beyond chance and not shown to be within the
    /// tolerance of 2.0"
    private func words(of question: Question, level: Double) -> String {
        let result = question.result
        let name = SliceGroups.name(question.experiences) ?? "the old slices together"
        let fall = "\(name) fell \(points(result.drop)) points\(question.kind == .growth ? " to the new labels" : "")"
        guard question.kind != .new else {
            return "it is worse than the champion on what is new of known labels by \(points(result.drop)) points of "
                + "\(counted(result.examples, "example")) (\(result.lost) lost, \(result.gained) gained), "
                + "which is beyond chance"
        }
        guard question.kind != .sameLabels else {
            return "\(fall) of \(counted(result.examples, "example")) (\(result.lost) lost, \(result.gained) gained), "
                + "beyond chance and not shown to be within the tolerance of \(points(question.tolerance))"
        }
        let bound = result.lowerBound(confidence: 1 - level)
        return "\(fall), at least \(points(bound)) with \(percent(1 - level, digits: 0)) confidence, of "
            + "\(counted(result.examples, "example")); the tolerance is \(points(question.tolerance))"
    }

    /// What the champion answers already is compared with it; what is new to it may have been missed altogether.
    private func newFailure(_ outcomes: [SliceOutcome], level: Double) -> String? {
        let new = outcomes.filter(\.isNew).map { (correct: $0.candidateCorrectOnNovel, guessed: $0.majorityShare) }
        let examples = new.reduce(0) { $0 + $1.correct.count }
        guard examples > 0 else { return nil }
        let right = new.reduce(0) { $0 + $1.correct.count { $0 } }
        let guessed = new.reduce(0.0) { $0 + $1.guessed * Double($1.correct.count) } / Double(examples)

        let halfLearned = (1 + guessed) / 2
        // Wrong answers at least as many as there are, from a candidate that learned half.
        let chance = binomialTail(atLeast: examples - right, of: examples, probability: 1 - min(halfLearned, 0.999))
        if share(right, of: examples) <= guessed, chance < level {
            return "it answers \(percent(share(right, of: examples))) of the "
                + "\(counted(examples, "held-out example")) of new labels, no more than guessing (\(percent(guessed)))"
        }
        return nil
    }

    private func success(_ outcomes: [SliceOutcome]) -> String {
        let new = outcomes.filter { $0.isNew && $0.examples > 0 }
        let examples = new.reduce(0) { $0 + $1.examples }
        let right = new.reduce(0) { $0 + $1.candidateRight }
        var parts: [String] = []
        if examples == 0 {
            parts.append("nothing new is held out yet to judge by")
        } else {
            var part = "\(percent(share(right, of: examples))) of \(counted(examples, "new held-out example"))"
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
            let slices = old.count == 1 ? "the old slice" : "\(old.count) old slices"
            let examples = counted(result.examples, "example")
            let fall = "\(points(result.drop)) points (slice \(worst.experience), \(examples))"
            parts.append(
                result.drop > 0
                    ? (old.count == 1 ? "\(slices) fell \(fall)" : "the largest drop of \(slices) is \(fall)")
                        + ", within tolerance or chance"
                    : old.count == 1 ? "\(slices) did not fall" : "none of \(slices) fell")
        }
        return parts.joined(separator: "; ")
    }
}

private func share(_ part: Int, of whole: Int) -> Double { whole > 0 ? Double(part) / Double(whole) : 0 }
