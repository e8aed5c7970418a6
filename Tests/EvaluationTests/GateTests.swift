import Evaluation
import Replay
import Schema
import Testing

@Suite("Gate")
struct GateTests {
    private let gate = Gate(Recipe.GateOptions())

    /// A slice on which the champion answers `right` of `examples`, the candidate loses some of these and gains others.
    /// A new one is all novel where the champion answers none of it, else not at all.
    private func slice(
        _ experience: Int, isNew: Bool = false, examples: Int, right: Int, lost: Int = 0, gained: Int = 0
    ) -> SliceOutcome {
        let champion = (0..<examples).map { $0 < right }
        let candidate = (0..<examples).map { $0 < right ? $0 >= lost : $0 < right + gained }
        return SliceOutcome(
            experience: experience, isNew: isNew, championCorrect: champion, candidateCorrect: candidate,
            novel: isNew && right > 0 ? champion.map { _ in false } : nil,
            known: isNew && right > 0 ? champion.map { _ in true } : nil)
    }

    @Test("promotes what learned the new and kept the old")
    func promotion() {
        let verdict = gate.judge(
            [
                slice(1, examples: 100, right: 90, lost: 2, gained: 1),
                slice(2, isNew: true, examples: 50, right: 0, gained: 46),
            ], attempt: 1)
        #expect(verdict.decision == .promote)
        #expect(
            verdict.reason
                == "promoted: 92.0 % of 50 new held-out examples, the champion 0.0 %; the old slice fell 1.0 points "
                + "(slice 1, 100 examples), within tolerance or chance")
        #expect(verdict.slices.map(\.champion) == [0.9, 0])
        #expect(verdict.slices.map(\.candidate) == [0.89, 0.92])
        #expect(verdict.slices[0].pValue != nil)
        #expect(verdict.slices[1].pValue == nil)
        #expect(verdict.tolerance == 0.02 && verdict.confidence == 0.95)
    }

    @Test("tries what forgot again, then rejects it, naming slice, loss, bound and size")
    func rejection() {
        let outcomes = [
            slice(1, examples: 200, right: 180),
            slice(2, examples: 400, right: 380, lost: 40, gained: 4),
            slice(3, isNew: true, examples: 50, right: 0, gained: 46),
        ]
        let decisions = (1...3).map { gate.judge(outcomes, attempt: $0).decision }
        #expect(decisions == [.retry, .retry, .reject])
        let verdict = gate.judge(outcomes, attempt: 3)
        #expect(verdict.attempt == 3)
        #expect(
            verdict.reason
                == "rejected: slice 2 fell 9.0 points of 400 examples (40 lost, 4 gained), beyond chance and not shown "
                + "to be within the tolerance of 2.0")
        #expect(gate.judge(outcomes, attempt: 1).reason.hasPrefix("to be tried again with more replay: slice 2 fell"))
        var never = Recipe.GateOptions()
        never.retries = 0
        #expect(Gate(never).judge(outcomes, attempt: 1).decision == .reject)
    }

    @Test("asks more of an update that failed before")
    func laterAttempts() {
        let outcomes = [
            slice(1, examples: 149, right: 140, gained: 3), slice(2, examples: 181, right: 170, lost: 2, gained: 1),
            slice(3, examples: 153, right: 148, gained: 1), slice(4, examples: 174, right: 170, lost: 10, gained: 1),
            slice(5, isNew: true, examples: 12, right: 8, gained: 1),
        ]
        let verdicts = (1...3).map { gate.judge(outcomes, attempt: $0) }
        #expect(verdicts.map(\.decision) == [.promote, .retry, .reject])
        #expect(verdicts.allSatisfy { abs(($0.slices[3].pValue ?? 0) - 0.0586) < 1e-4 })
        #expect(zip(verdicts, [0.95, 0.9, 0.85]).allSatisfy { abs($0.confidence - $1) < 1e-9 })
        let harmless = outcomes.dropLast(2) + [outcomes[4]]
        #expect((1...3).allSatisfy { gate.judge(Array(harmless), attempt: $0).decision == .promote })
    }

    @Test("with new labels, an old slice may lose the tolerance among the known ones, and more to the new ones")
    func growth() {
        func grown(_ known: (lost: Int, gained: Int), lostToNew: Int) -> SliceOutcome {
            var outcome = slice(1, examples: 400, right: 380, lost: known.lost, gained: known.gained)
            outcome.candidateCorrectAmongKnown = outcome.candidateCorrect
            for index in 0..<lostToNew { outcome.candidateCorrect[379 - index] = false }
            return outcome
        }
        let new = slice(3, isNew: true, examples: 50, right: 0, gained: 46)
        // Beyond chance, but not beyond the tolerance beyond chance.
        #expect(gate.judge([grown((12, 2), lostToNew: 0), new], attempt: 1).decision == .promote)
        #expect(gate.judge([slice(1, examples: 400, right: 380, lost: 12, gained: 2), new], attempt: 1).decision == .retry)
        let forgot = gate.judge([grown((40, 4), lostToNew: 0), new], attempt: 3)
        #expect(forgot.reason.hasPrefix("rejected: slice 1 fell 9.0 points, at least 7."))
        #expect(forgot.reason.hasSuffix(" with 85 % confidence, of 400 examples; the tolerance is 2.0"))
        #expect(gate.judge([grown((2, 2), lostToNew: 20), new], attempt: 1).decision == .promote)
        let taken = gate.judge([grown((2, 2), lostToNew: 40), new], attempt: 3)
        #expect(taken.reason.hasPrefix("rejected: slice 1 fell 10.0 points to the new labels"))
    }

    @Test("lets a drop pass that is shown to be within the tolerance, or that so few examples cannot tell from chance")
    func tolerated() {
        let new = slice(9, isNew: true, examples: 20, right: 0, gained: 20)
        #expect(gate.judge([slice(1, examples: 5_000, right: 4_500, lost: 75), new], attempt: 1).decision == .promote)
        // The same share of fewer examples could be more than the tolerance.
        #expect(gate.judge([slice(1, examples: 500, right: 450, lost: 8), new], attempt: 1).decision == .retry)
        #expect(gate.judge([slice(1, examples: 8, right: 8, lost: 1), new], attempt: 1).decision == .promote)
        #expect(gate.judge([slice(1, examples: 8, right: 8, lost: 8), new], attempt: 1).decision == .retry)
    }

    @Test("sees a loss that is spread thin over many slices")
    func spread() {
        let old = (1...12).map { slice($0, examples: 40, right: 38, lost: 3, gained: 1) }
        let new = slice(13, isNew: true, examples: 20, right: 0, gained: 20)
        #expect(gate.judge([old[0], new], attempt: 1).decision == .promote)
        let verdict = gate.judge(old + [new], attempt: 3)
        #expect(verdict.decision == .reject)
        #expect(verdict.reason.contains("the old slices together fell 5.0 points of 480 examples (36 lost, 12 gained)"))
    }

    @Test("tests a long history as few slices, and names them")
    func longHistory() {
        let good = (1...40).map { slice($0, examples: 60, right: 58, lost: 1, gained: 1) }
        // Experiences 1 to 8 are one span, 9 to 24 and 25 to 32 two more; 33 to 40 stand alone.
        let forgotten = good[..<8].map { slice($0.experience, examples: 60, right: 58, lost: 6) } + good[8...]
        let new = slice(41, isNew: true, examples: 20, right: 0, gained: 20)
        let verdict = gate.judge(forgotten + [new], attempt: 3)
        #expect(verdict.decision == .reject)
        #expect(verdict.reason.hasPrefix("rejected: slices 1 to 8 fell 10.0 points"))
        #expect(verdict.reason.contains("of 480 examples"))
        #expect(Set(verdict.slices[0..<8].map(\.pValue)).count == 1)
        #expect(verdict.slices[8].pValue == verdict.slices[23].pValue)
        #expect(gate.judge(good + [new], attempt: 1).decision == .promote)
    }

    @Test("pools small slices, but never a large one with them")
    func pooling() {
        let small = [1, 2, 4].map { slice($0, examples: 20, right: 20, lost: 5) }
        let large = slice(3, examples: 400, right: 400)
        let new = slice(5, isNew: true, examples: 20, right: 0, gained: 20)
        let verdict = gate.judge([small[0], small[1], large, small[2], new], attempt: 3)
        #expect(verdict.reason.hasPrefix("rejected: slices 1, 2 and 4 fell 25.0 points"))
        #expect(verdict.reason.contains("of 60 examples"))
        #expect(verdict.slices[2].pValue != verdict.slices[0].pValue)
    }

    @Test("judges a first adapter by guessing alone", arguments: [(28, true), (10, false), (9, false)])
    func firstAdapter(right: Int, promoted: Bool) {
        let outcome = SliceOutcome(
            experience: 1, isNew: true, championCorrect: nil, candidateCorrect: (0..<30).map { $0 < right },
            majorityShare: 1.0 / 3)
        let verdict = gate.judge([outcome], attempt: 3)
        #expect((verdict.decision == .promote) == promoted)
        #expect(verdict.slices[0].champion == nil)
        if !promoted { #expect(verdict.reason.contains("no more than guessing (33.3 %)")) }
    }

    @Test("does not hold few examples against a candidate", arguments: [[false], [false, false], [true, false], []])
    func fewExamples(correct: [Bool]) {
        let outcome = SliceOutcome(
            experience: 1, isNew: true, championCorrect: nil, candidateCorrect: correct, majorityShare: 0.5)
        #expect(gate.judge([outcome], attempt: 1).decision == .promote)
    }

    @Test("asks of new labels alone whether they are guessed, and leaves the others to the comparison with the champion")
    func novelLabels() {
        // 90 examples of labels that the champion does not know, 10 that it knows.
        func verdict(rightOnNew: Int) -> Verdict {
            let new = (0..<90).map { $0 < rightOnNew }
            let known = (0..<10).map { $0 < 8 }
            return gate.judge(
                [
                    SliceOutcome(
                        experience: 2, isNew: true, championCorrect: new.map { _ in false } + known,
                        candidateCorrect: new + known,
                        novel: new.map { _ in true } + known.map { _ in false },
                        known: new.map { _ in false } + known.map { _ in true }, majorityShare: 0.1)
                ], attempt: 3)
        }
        #expect(verdict(rightOnNew: 60).decision == .promote)
        #expect(verdict(rightOnNew: 9).decision == .reject)
        #expect(verdict(rightOnNew: 0).reason.contains("0.0 % of the 90 held-out examples of new labels"))
        // Ten examples of one known label, of which the champion answers as many.
        let known = SliceOutcome(
            experience: 2, isNew: true, championCorrect: (0..<10).map { $0 < 9 },
            candidateCorrect: (0..<10).map { $0 < 9 }, novel: (0..<10).map { _ in false },
            known: (0..<10).map { _ in true }, majorityShare: 0)
        #expect(gate.judge([known], attempt: 1).decision == .promote)
    }

    /// 100 new examples of labels that the champion does not know and 100 of others, all of which it answers.
    private func mixed(rightOnNew: Int, lost: Int, lostToNew: Int = 0, isGrown: Bool) -> SliceOutcome {
        let new = (0..<100).map { $0 < rightOnNew }
        let known = (0..<100).map { $0 >= lost + lostToNew }
        let amongKnown = (0..<100).map { _ in false } + (0..<100).map { $0 >= lost }
        return SliceOutcome(
            experience: 2, isNew: true, championCorrect: (0..<200).map { $0 >= 100 }, candidateCorrect: new + known,
            candidateCorrectAmongKnown: isGrown ? amongKnown : nil, novel: (0..<200).map { $0 < 100 },
            known: (0..<200).map { $0 >= 100 }, majorityShare: 0.1)
    }

    @Test("what is right of new labels pays for no loss on known ones", arguments: [true, false])
    func lossBesideNewLabels(isGrown: Bool) {
        let verdict = gate.judge([mixed(rightOnNew: 90, lost: 45, isGrown: isGrown)], attempt: 3)
        #expect(verdict.decision == .reject)
        #expect(verdict.reason.contains("on what is new of known labels by 45.0 points of 100 examples"))
        #expect(gate.judge([mixed(rightOnNew: 90, lost: 3, isGrown: isGrown)], attempt: 1).decision == .promote)
    }

    @Test("a learned label that the champion missed by chance counts where the candidate gives it rightly")
    func gainsOfKnownLabels() {
        // One example of each of forty labels: the champion answers thirty, the candidate thirty others.
        let outcome = SliceOutcome(
            experience: 2, isNew: true, championCorrect: (0..<40).map { $0 < 30 },
            candidateCorrect: (0..<40).map { $0 >= 10 }, novel: (0..<40).map { $0 >= 30 },
            known: (0..<40).map { _ in true }, majorityShare: 0.03)
        #expect(gate.judge([outcome], attempt: 1).decision == .promote)
    }

    @Test("an update that only adds labels is promoted, and may lose to them what is new of others")
    func onlyNewLabels() {
        var old = slice(1, examples: 200, right: 180)
        old.candidateCorrectAmongKnown = old.candidateCorrect
        var added = slice(2, isNew: true, examples: 100, right: 0, gained: 90)
        added.candidateCorrectAmongKnown = added.candidateCorrect.map { _ in false }
        added.novel = added.candidateCorrect.map { _ in true }
        added.known = added.candidateCorrect.map { _ in false }
        #expect(gate.judge([old, added], attempt: 1).decision == .promote)
        let lostToNew = mixed(rightOnNew: 90, lost: 0, lostToNew: 8, isGrown: true)
        #expect(gate.judge([old, lostToNew], attempt: 1).decision == .promote)
    }

    @Test("refuses nothing where everything may be lost")
    func off() {
        var options = Recipe.GateOptions()
        options.tolerance = 1
        options.growthTolerance = 1
        let outcomes = [
            slice(1, examples: 100, right: 100, lost: 100), slice(2, isNew: true, examples: 100, right: 50, lost: 50),
        ]
        #expect(gate.judge(outcomes, attempt: 1).decision == .retry)
        #expect(Gate(options).judge(outcomes, attempt: 1).decision == .promote)
    }

    @Test("promotes when nothing is held out at all, and says so")
    func nothingHeldOut() {
        let verdict = gate.judge([], attempt: 1)
        #expect(verdict.decision == .promote)
        #expect(verdict.reason == "promoted: nothing new is held out yet to judge by")
    }

    @Test("refuses a candidate that learned nothing of new labels")
    func learnedNothing() {
        let verdict = gate.judge([slice(2, isNew: true, examples: 30, right: 0)], attempt: 3)
        #expect(verdict.decision == .reject)
        #expect(verdict.reason.contains("0.0 % of the 30 held-out examples of new labels"))
    }

    @Test("On labels the champion knows, noise does not block and a real loss does")
    func knownLabels() {
        #expect(gate.judge([slice(2, isNew: true, examples: 100, right: 95)], attempt: 1).decision == .promote)
        let noise = slice(2, isNew: true, examples: 100, right: 95, lost: 3, gained: 2)
        #expect(gate.judge([noise], attempt: 1).decision == .promote)
        let loss = gate.judge([slice(2, isNew: true, examples: 100, right: 95, lost: 12, gained: 2)], attempt: 3)
        #expect(loss.decision == .reject)
        #expect(loss.reason.contains("on what is new of known labels by 10.0 points of 100 examples"))
    }

    @Test(
        "blocks a candidate that lost nothing in about a twentieth of cases at most",
        arguments: [1, 5, 25])
    func falseAlarms(slices: Int) {
        let alarms = simulate(slices: slices, dropOfNewest: 0, dropOfOthers: 0)
        #expect(alarms < 0.071, "1,000 trials: 5 % and three standard errors")
    }

    @Test(
        "catches nearly every time one slice that lost fifteen points among others that lost nothing",
        arguments: [1, 5, 25])
    func power(slices: Int) {
        #expect(simulate(slices: slices, dropOfNewest: 0.15, dropOfOthers: 0) > 0.9)
    }

    @Test("catches a loss on all slices together, the smaller the more examples", arguments: [(5, 0.045), (25, 0.03)])
    func spreadPower(slices: Int, drop: Double) {
        #expect(simulate(slices: slices, dropOfNewest: drop, dropOfOthers: drop) > 0.9)
    }

    /// Share of 1,000 trials that are blocked; 200 examples a slice, 3 % of them gained.
    private func simulate(slices: Int, dropOfNewest: Double, dropOfOthers: Double) -> Double {
        var generator = SeededGenerator(seed: UInt64(slices))
        let trials = 1_000
        var blocked = 0
        for _ in 0..<trials {
            let outcomes = (1...slices).map { experience in
                let drop = experience == slices ? dropOfNewest : dropOfOthers
                var champion: [Bool] = []
                var candidate: [Bool] = []
                for _ in 0..<200 {
                    let draw = Double(generator.next() >> 11) / Double(1 << 53)
                    // Lost, gained, or answered alike.
                    champion.append(draw < 0.03 + drop || draw > 0.06 + drop)
                    candidate.append(draw >= 0.03 + drop)
                }
                return SliceOutcome(
                    experience: experience, isNew: false, championCorrect: champion, candidateCorrect: candidate)
            }
            if gate.judge(outcomes, attempt: 1).decision != .promote { blocked += 1 }
        }
        return Double(blocked) / Double(trials)
    }
}
