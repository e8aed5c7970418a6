import Evaluation
import Schema
import Testing

@Suite struct SharedVerdictTests {
    private func verdict(_ decision: Verdict.Decision) -> Verdict {
        Verdict(decision: decision, reason: "\(decision.rawValue)!", slices: [], tolerance: 0.02, confidence: 0.95)
    }

    @Test func `Tasks on one adapter are promoted where each is`() {
        let verdicts = [verdict(.promote), verdict(.promote)]
        #expect(Gate.together([("a", verdicts[0]), ("b", verdicts[1])]) == verdicts)
    }

    @Test(arguments: [Verdict.Decision.retry, .reject])
    func `What one is refused for, all are, and are told by which`(decision: Verdict.Decision) {
        let verdicts = Gate.together([("a", verdict(.promote)), ("b", verdict(decision)), ("c", verdict(.promote))])
        #expect(verdicts.map(\.decision) == [decision, decision, decision])
        #expect(verdicts[1].reason == "\(decision.rawValue)!")
        for other in [verdicts[0], verdicts[2]] {
            #expect(other.reason == "task \"b\" on the same adapter: \(decision.rawValue)!")
        }
    }
}
