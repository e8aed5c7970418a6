import Foundation
import Perennial
import Testing

/// What `perennial predict` makes of the answers to several requests.
@Suite("Joined predictions")
struct PredictionDocumentTests {
    private func answer(_ id: String, version: String, labels: [String]) throws -> PredictionDocument {
        let data = labels.enumerated().map { index, label in
            #"{"index": \#(index), "label": "\#(label)", "score": 0.97, "head": "blend", "top": []}"#
        }
        let text = """
            {"id": "\(id)", "object": "prediction", "task": "shop", "usage": {"tokens": 5},
             "adapter": {"version": "\(version)", "digest": "sha256:0"}, "data": [\(data.joined(separator: ", "))]}
            """
        return try JSONDecoder().decode(PredictionDocument.self, from: Data(text.utf8))
    }

    @Test("They have the form of one, count through, and say which request answered which texts")
    func joined() throws {
        var whole = try answer("a", version: "v1", labels: ["x", "y"])
        whole.append(try answer("b", version: "v2", labels: ["z"]))
        whole.append(try answer("c", version: "v2", labels: ["x"]))
        #expect(whole.data.map(\.index) == [0, 1, 2, 3])
        #expect(whole.data.map(\.label) == ["x", "y", "z", "x"])
        #expect(whole.id == "a" && whole.adapter.version == "v1" && whole.usage.tokens == 15)
        #expect(whole.requests?.map(\.id) == ["a", "b", "c"])
        #expect(whole.requests?.map(\.firstIndex) == [0, 2, 3])
        #expect(whole.requests?.map(\.adapter.version) == ["v1", "v2", "v2"])

        let fields = try #require(
            try JSONSerialization.jsonObject(with: JSONEncoder().encode(whole)) as? [String: Any])
        #expect(fields.keys.sorted() == ["adapter", "data", "id", "object", "requests", "task", "usage"])
        let request = try #require((fields["requests"] as? [[String: Any]])?.last)
        #expect(request.keys.sorted() == ["adapter", "first_index", "id"])
    }

    @Test("A message names the lines of standard input that a request was made of")
    func lines() {
        var batch = LineBatch()
        for line in [2, 3, 7] { batch.append("text", line: line) }
        let message = "\"input[2]\" has 70000 bytes of UTF-8, the limit is 65536"
        #expect(batch.naming(message) == "line 7: the text has 70000 bytes of UTF-8, the limit is 65536")
        #expect(batch.naming("too large") == "lines 2 to 7: too large")
        #expect(batch.halves.map(\.texts.count) == [1, 2])
        #expect(batch.halves.map { $0.naming("too large") } == ["line 2: too large", "lines 3 to 7: too large"])
    }
}
