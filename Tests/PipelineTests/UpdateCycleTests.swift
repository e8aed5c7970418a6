import Pipeline
import Schema
import Testing

@Suite("Update cycle")
struct UpdateCycleTests {
    private func verdict(_ decision: Verdict.Decision) -> Verdict {
        Verdict(decision: decision, reason: "", slices: [], tolerance: 0.02, confidence: 0.95)
    }

    @Test("A good candidate goes from queued to promoted")
    func promotes() throws {
        var cycle = UpdateCycle(retries: 2)
        #expect(try cycle.handle(.claimed) == .train(attempt: 1, replayFactor: 1))
        #expect(cycle.status == .training)
        #expect(try cycle.handle(.trained) == .evaluate)
        #expect(cycle.status == .evaluating)
        #expect(try cycle.handle(.judged(verdict(.promote))) == .promote(verdict(.promote)))
        #expect(cycle.status == .promoted)
    }

    @Test("Each retry doubles the replay, and after the last one the candidate is rejected")
    func retries() throws {
        var cycle = UpdateCycle(retries: 2)
        _ = try cycle.handle(.claimed)
        for (attempt, factor) in [(2, 2.0), (3, 4.0)] {
            _ = try cycle.handle(.trained)
            #expect(try cycle.handle(.judged(verdict(.retry))) == .train(attempt: attempt, replayFactor: factor))
        }
        _ = try cycle.handle(.trained)
        #expect(try cycle.handle(.judged(verdict(.retry))) == .reject(verdict(.retry)))
        #expect(cycle.status == .rejected)
    }

    @Test("An update fails or is cancelled from every state that is not final", arguments: 0..<3)
    func fails(steps: Int) throws {
        for event in [UpdateCycle.Event.failed("out of memory"), .cancelled] {
            var cycle = UpdateCycle(retries: 0)
            if steps > 0 { _ = try cycle.handle(.claimed) }
            if steps > 1 { _ = try cycle.handle(.trained) }
            _ = try cycle.handle(event)
            #expect(cycle.status == (event == .cancelled ? .cancelled : .failed))
        }
    }

    @Test("An event out of order is an error and changes nothing")
    func refusesDisorder() throws {
        let events: [UpdateCycle.Event] = [
            .claimed, .trained, .judged(verdict(.promote)), .failed(""), .cancelled,
        ]
        var cycle = UpdateCycle(retries: 0)
        #expect(throws: UpdateCycleError(status: .queued, event: .trained)) { try cycle.handle(.trained) }
        #expect(cycle.status == .queued)
        _ = try cycle.handle(.claimed)
        _ = try cycle.handle(.trained)
        _ = try cycle.handle(.judged(verdict(.reject)))
        for event in events {
            #expect(throws: UpdateCycleError.self) { try cycle.handle(event) }
            #expect(cycle.status == .rejected)
        }
    }
}

@Suite("Update timing")
struct UpdateTimingTests {
    private let start = Timestamp(seconds: 1_000)

    @Test(
        "starts by count, by age with enough examples, or not at all",
        arguments: [
            (0, 999.0, nil), (99, 0, nil), (100, 0, .count), (500, 0, .count), (9, 1e6, nil), (10, 59.9, nil),
            (10, 60, .age), (99, 61, .age), (10, -59, nil), (10, -86_400, .age),
        ] as [(Int, Double, UpdateTrigger?)])
    func trigger(waiting: Int, age: Double, expected: UpdateTrigger?) {
        let now = Timestamp(seconds: start.seconds + age)
        #expect(
            UpdateTiming.trigger(waiting: waiting, oldest: start, policy: UpdatePolicy(), now: now) == expected)
    }
}
