import Foundation
import HTTPTypes
import Schema
import Serving
import Store
import Testing

@Suite struct FeedbackTests {
    private func withKey(_ key: String) throws -> HTTPFields {
        [try #require(HTTPField.Name("idempotency-key")): key]
    }

    private func predict(_ service: ServiceHarness, _ texts: String...) async throws -> (id: String, labels: [String]) {
        let body = try JSONSerialization.data(withJSONObject: ["input": texts])
        let answer = try await service.expect(
            .post, "/v1/tasks/t/predict", 200, body: String(decoding: body, as: UTF8.self))
        return (
            try #require(answer.object["id"] as? String), answer.data.compactMap { $0["label"] as? String }
        )
    }

    @Test func aCorrectedLabelBecomesAnExampleOnce() async throws {
        try await ServiceHarness.run { service in
            try await service.makeTask("t", versions: 1)
            let prediction = try await predict(service, "first", "second")
            let body = #"{"id":"\#(prediction.id)","index":1,"label":"refund","comment":"clearly"}"#
            let answer = try await service.expect(
                .post, "/v1/tasks/t/feedback", 200, body: body, headers: withKey("k"))
            #expect(answer.object["counted"] as? Bool == true && answer.object["correct"] as? Bool == false)
            #expect(answer.object["predicted"] as? String == prediction.labels[1])
            #expect((answer.object["example"] as? [String: Any])?["accepted"] as? Int == 1)
            let stored = try await service.store.arrivals(after: 0, limit: 10)
            #expect(stored.map(\.text) == ["second"] && stored.map(\.label) == ["refund"])
            // The same again, under the same key and under none, stores nothing.
            for headers in [try withKey("k"), [:]] {
                let again = try await service.expect(.post, "/v1/tasks/t/feedback", 200, body: body, headers: headers)
                #expect(again.object["counted"] as? Bool == false)
            }
            #expect(try await service.store.arrivals(after: 0, limit: 10).count == 1)
            let other = #"{"id":"\#(prediction.id)","index":0,"label":"refund"}"#
            try await service.expect(
                .post, "/v1/tasks/t/feedback", 422, body: other, headers: withKey("k"),
                code: "idempotency_conflict")
        }
    }

    @Test func aBooleanIsCountedOnceAndStoresNothing() async throws {
        try await ServiceHarness.run { service in
            try await service.makeTask("t", versions: 1)
            let prediction = try await predict(service, "text")
            let body = #"{"id":"\#(prediction.id)","correct":true}"#
            let first = try await service.expect(.post, "/v1/tasks/t/feedback", 200, body: body)
            #expect(first.object["counted"] as? Bool == true && first.object["example"] is NSNull)
            let second = try await service.expect(.post, "/v1/tasks/t/feedback", 200, body: body)
            #expect(second.object["counted"] as? Bool == false)
            #expect(try await service.store.arrivals(after: 0, limit: 10).isEmpty)
        }
    }

    @Test func whatCannotBeTakenSaysWhy() async throws {
        try await ServiceHarness.run { service in
            try await service.makeTask("t", versions: 1)
            try await service.makeTask("other", versions: 1)
            let id = try await predict(service, "text").id
            let feedback = "/v1/tasks/t/feedback"
            try await service.expect(.post, feedback, 400, body: "{}", code: "missing_field", param: "id")
            try await service.expect(.post, feedback, 400, body: #"{"id":"\#(id)"}"#, param: "label")
            try await service.expect(
                .post, feedback, 400, body: #"{"id":"\#(id)","label":"a","correct":true}"#, code: "ambiguous")
            try await service.expect(
                .post, feedback, 400, body: #"{"id":"\#(id)","label":" "}"#, code: "empty", param: "label")
            try await service.expect(
                .post, feedback, 400, body: #"{"id":"\#(id)","index":1,"correct":true}"#, code: "out_of_range")
            try await service.expect(
                .post, feedback, 404, body: #"{"id":"pred-0","correct":true}"#, code: "unknown_prediction")
            try await service.expect(
                .post, "/v1/tasks/other/feedback", 404, body: #"{"id":"\#(id)","correct":true}"#,
                code: "unknown_prediction")
        }
    }

    @Test func aLabelKeepsTheRulesOfExamples() async throws {
        try await ServiceHarness.run { service in
            try await service.makeTask("t", versions: 1)
            let id = try await predict(service, "text").id
            try await service.expect(
                .post, "/v1/tasks/t/feedback", 400, body: #"{"id":"\#(id)","label":"refund "}"#,
                code: "surrounding_space", param: "label")
            #expect(try await service.store.arrivals(after: 0, limit: 10).isEmpty)
        }
    }

    @Test func aNewTaskKnowsNothingOfWhatOneOfItsNameWasAsked() async throws {
        try await ServiceHarness.run { service in
            try await service.makeTask("t", versions: 1)
            let id = try await predict(service, "text").id
            try await service.expect(.delete, "/v1/tasks/t", 200)
            try await service.makeTask("t", versions: 1)
            try await service.expect(
                .post, "/v1/tasks/t/feedback", 404, body: #"{"id":"\#(id)","label":"refund"}"#,
                code: "unknown_prediction")
        }
    }

    @Test func memoryIsBoundedInTimeAndBytes() throws {
        let task = try TaskName("t")
        let memory = PredictionMemory(limits: FeedbackLimits(seconds: 10, bytes: 4_000))
        func remember(_ id: String, at time: Double) {
            memory.remember(
                id, task: task, [.init(text: String(repeating: "x", count: 600), label: "a", score: 1)],
                at: Timestamp(seconds: time))
        }
        for index in 0..<6 { remember("\(index)", at: Double(index)) }
        // Four of them fit.
        #expect(memory.count == 4)
        #expect(memory.recall("1", task: task, since: Timestamp(seconds: 0), at: Timestamp(seconds: 6)) == nil)
        #expect(memory.recall("5", task: task, since: Timestamp(seconds: 0), at: Timestamp(seconds: 6))?.count == 1)
        let other = try TaskName("u")
        #expect(memory.recall("5", task: other, since: Timestamp(seconds: 0), at: Timestamp(seconds: 6)) == nil)
        #expect(memory.recall("2", task: task, since: Timestamp(seconds: 0), at: Timestamp(seconds: 12.5)) == nil)
        #expect(memory.recall("5", task: task, since: Timestamp(seconds: 0), at: Timestamp(seconds: 12.5)) != nil)
        #expect(memory.judge("5", index: 0) && !memory.judge("5", index: 0) && !memory.judge("5", index: 7))
        #expect(memory.recall("5", task: task, since: Timestamp(seconds: 0), at: Timestamp(seconds: 100)) == nil)
        #expect(memory.count == 0)
    }
}
