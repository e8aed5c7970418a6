import Schema
import Store
import Testing

@Suite("Similarity")
struct SimilarityRouteTests {
    @Test("Tasks whose texts look alike to the base model are near 1, others are not; too few texts are null")
    func similarity() async throws {
        try await ServiceHarness.run { harness in
            for name in ["asks", "begs", "few", "other"] {
                try await harness.expect(.put, "/v1/tasks/\(name)", 201, body: #"{"kind": "classify"}"#)
            }
            // The fake model sees the bytes of a text; "a" to "d" and "w" to "z" have none in common.
            func send(_ task: String, _ texts: [String]) async throws {
                let body = texts.map { #"{"text": "\#($0)", "label": "x"}"# }.joined(separator: "\n")
                try await harness.expect(
                    .post, "/v1/tasks/\(task)/examples", 200, type: "application/x-ndjson", body: body)
            }
            try await send("asks", ["aab", "abb", "abc", "aac"])
            try await send("begs", ["baa", "bab", "cab", "aba"])
            try await send("other", ["wxy", "wwx", "xyy", "wyx"])
            try await send("few", ["abc"])
            let report = try await harness.expect(.get, "/v1/similarity", 200).decode(SimilarityReport.self)
            #expect(report.tasks.map(\.task.rawValue) == ["asks", "begs", "few", "other"])
            #expect(report.tasks.map(\.texts) == [4, 4, 1, 4])
            let alike = try #require(report.similarity[0][1])
            let apart = try #require(report.similarity[0][3])
            #expect(alike > 0.8 && alike > apart + 0.2)
            #expect(report.similarity[1][0] == alike)
            #expect(report.similarity[0][0] == 1)
            #expect(report.similarity[0][2] == nil && report.similarity[2][3] == nil)
            #expect(report.pairs().first.map { [$0.first.rawValue, $0.second.rawValue] } == ["asks", "begs"])
            let others = report.pairs(with: try TaskName("begs"))
            #expect(others.map(\.second.rawValue) == ["asks", "other", "few"])
            #expect(others.allSatisfy { $0.first.rawValue == "begs" })
        }
    }
}
