import Foundation
import Schema
import Testing

@Suite("Verdict")
struct VerdictTests {
    private func stored(_ more: String) -> Data {
        Data(
            """
            {"decision": "promote", "reason": "promoted: fine", "slices": [], "attempt": 1, "tolerance": 0.02,
             "confidence": 0.95\(more)}
            """.utf8)
    }

    @Test(
        "The summary says what learning came to, and nothing of it where that was not recorded",
        arguments: [
            ("", "promoted: fine"), (#", "learning": "kept""#, "promoted: fine (learned by the analytic head alone)"),
            (#", "learning": "trained""#, "promoted: fine (trained)"),
            (#", "learning": "deepened""#, "promoted: fine (trained, then on all layers)"),
        ])
    func summary(more: String, expected: String) throws {
        let verdict = try JSONDecoder().decode(Verdict.self, from: stored(more))
        #expect(verdict.summary == expected)
        #expect(try JSONDecoder().decode(Verdict.self, from: JSONEncoder().encode(verdict)) == verdict)
    }
}
