import Foundation
import HTTPTypes
import Schema
import Serving
import Store
import Testing

@Suite struct PredictionRouteTests {
    @Test func anAnswerNamesLabelScoreAndAdapter() async throws {
        try await ServiceHarness.run { service in
            try await service.makeTask("t", versions: 2)
            let answer = try await service.expect(.post, "/v1/tasks/t/predict", 200, body: #"{"input":"hello"}"#)
            let object = answer.object
            #expect(object["object"] as? String == "prediction" && object["task"] as? String == "t")
            #expect((object["id"] as? String)?.isEmpty == false)
            #expect(object["adapter"] as? [String: String] == ["version": "v2", "digest": FakeClassifier.digest(2)])
            #expect((object["usage"] as? [String: Int]) == ["tokens": 5])
            let scores = FakeClassifier.scores(digest: FakeClassifier.digest(2), tokens: "hello".utf8.map(Int32.init))
            let best = try #require(scores.max())
            let item = try #require(answer.data.first)
            #expect(item["index"] as? Int == 0)
            #expect(item["label"] as? String == ["a", "b", "c"][try #require(scores.firstIndex(of: best))])
            #expect(abs((item["score"] as? Double ?? 0) - Double(best)) < 1e-6)
            #expect((item["top"] as? [[String: Any]])?.count == 1)
        }
    }

    @Test func severalInputsAreAnsweredInTheirOrderWithTheirBestLabels() async throws {
        try await ServiceHarness.run { service in
            try await service.makeTask("t", versions: 1)
            let answer = try await service.expect(
                .post, "/v1/tasks/t/predict", 200, body: #"{"input":["one","two","three"],"top_k":9}"#)
            #expect(answer.data.map { $0["index"] as? Int } == [0, 1, 2])
            for (item, text) in zip(answer.data, ["one", "two", "three"]) {
                let top = item["top"] as? [[String: Any]] ?? []
                let scores = FakeClassifier.scores(digest: FakeClassifier.digest(1), tokens: text.utf8.map(Int32.init))
                #expect(top.map { Float($0["score"] as? Double ?? 0) } == scores.sorted(by: >))
                #expect(item["label"] as? String == top.first?["label"] as? String)
            }
        }
    }

    @Test(arguments: ["v1", FakeClassifier.digest(1)])
    func anEarlierVersionAnswersWhenNamed(_ adapter: String) async throws {
        try await ServiceHarness.run { service in
            try await service.makeTask("t", versions: 3)
            let answer = try await service.expect(
                .post, "/v1/tasks/t/predict", 200, body: #"{"input":"hello","adapter":"\#(adapter)"}"#)
            #expect((answer.object["adapter"] as? [String: String])?["version"] == "v1")
        }
    }

    @Test func aNamedVersionThatDoesNotLoadIs503AndSaysWhy() async throws {
        let classifier = FakeClassifier(broken: [FakeClassifier.digest(4)])
        try await ServiceHarness.run(classifier: classifier) { service in
            try await service.makeTask("t", versions: 3)
            _ = try await service.store.importVersion(
                try TaskName("t"), digest: FakeClassifier.digest(4), metrics: AdapterVersion.Metrics())
            let answer = try await service.expect(
                .post, "/v1/tasks/t/predict", 503, body: #"{"input":"hello","adapter":"v4"}"#, code: "adapter_unusable")
            #expect(answer.message == "v4 does not load: broken on purpose")
            #expect(answer.header("retry-after") != nil)
        }
    }

    @Test(arguments: [
        (#"{}"#, "input", "missing_field"),
        (#"{"input":""}"#, "input", "empty"),
        (#"{"input":" \n"}"#, "input", "empty"),
        (#"{"input":"\u3000\u200b"}"#, "input", "empty"),
        (#"{"input":[]}"#, "input", "empty"),
        (#"{"input":["a",""]}"#, "input[1]", "empty"),
        (#"{"input":["a",7]}"#, "input[1]", "wrong_type"),
        (#"{"input":7}"#, "input", "wrong_type"),
        (#"{"input":["a","b","c"]}"#, "input", "too_many_inputs"),
        (#"{"input":"a","top_k":0}"#, "top_k", "out_of_range"),
        (#"{"input":"a","top_k":"1"}"#, "top_k", "wrong_type"),
        (#"{"input":"a","adapter":"latest"}"#, "adapter", "invalid_adapter"),
        (#"{"input":"a","topk":1}"#, "topk", "unknown_field"),
    ])
    func aBadRequestIs400AndNamesTheField(_ body: String, _ param: String, _ code: String) async throws {
        try await ServiceHarness.run(configure: { $0.inputsPerRequest = 2 }) { service in
            try await service.makeTask("t", versions: 1)
            try await service.expect(.post, "/v1/tasks/t/predict", 400, body: body, code: code, param: param)
        }
    }

    @Test func anOverLongInputIs400AndAnOverLongBody413() async throws {
        try await ServiceHarness.run { service in
            try await service.makeTask("t", versions: 1)
            let long = String(repeating: "x", count: ExampleLimits.textBytes + 1)
            try await service.expect(
                .post, "/v1/tasks/t/predict", 400, body: #"{"input":"\#(long)"}"#, code: "too_long", param: "input")
            let huge = String(repeating: "x", count: 1_100_000)
            try await service.expect(
                .post, "/v1/tasks/t/predict", 413, body: #"{"input":"\#(huge)"}"#, code: "body_too_large")
        }
    }

    @Test func withoutAnAdapterTheAnswerSaysWhatIsMissing() async throws {
        try await ServiceHarness.run { service in
            try await service.expect(.put, "/v1/tasks/t", 201, body: #"{"kind":"classify","update":{"holdout":0}}"#)
            try await service.expect(
                .post, "/v1/tasks/t/examples", 200, body: #"[{"text":"x","label":"a"},{"text":"y","label":"b"}]"#)
            let answer = try await service.expect(
                .post, "/v1/tasks/t/predict", 409, body: #"{"input":"hello"}"#, code: "no_adapter")
            #expect(answer.message.contains("2 examples wait") && answer.message.contains("98 more"))
            #expect(answer.message.contains("or ask for an update now with POST /v1/tasks/t/updates"))

            // Of none at all, no update can be asked for.
            try await service.expect(.put, "/v1/tasks/empty", 201, body: #"{"kind":"classify"}"#)
            let empty = try await service.expect(.post, "/v1/tasks/empty/predict", 409, body: #"{"input":"hello"}"#)
            #expect(empty.message.hasSuffix("0 examples wait to be learned, 100 start an update; send 100 more"))
        }
    }

    @Test func whereOneExampleIsEnoughTheAnswerAsksForOne() async throws {
        try await ServiceHarness.run(configure: InstantRouteTests.configure) { service in
            try await service.expect(.put, "/v1/tasks/t", 201, body: InstantRouteTests.task)
            let answer = try await service.expect(
                .post, "/v1/tasks/t/predict", 409, body: #"{"input":"hello"}"#, code: "no_adapter")
            #expect(answer.message.contains("send one with its label to POST /v1/tasks/t/examples"))
            #expect(!answer.message.contains("update"))
            try await InstantRouteTests.send(service, "hello", "greeting")
            try await service.expect(.post, "/v1/tasks/t/predict", 200, body: #"{"input":"hello"}"#)
        }
    }

    @Test func whereNoVersionServesTheAnswerAsksForAPromotion() async throws {
        try await ServiceHarness.run(configure: InstantRouteTests.configure) { service in
            let task = try TaskName("t")
            try await service.makeTask("t")
            for number in 1...2 {
                _ = try await service.store.importVersion(
                    task, digest: FakeClassifier.digest(number), metrics: AdapterVersion.Metrics())
            }
            let answer = try await service.expect(
                .post, "/v1/tasks/t/predict", 409, body: #"{"input":"hello"}"#, code: "no_adapter")
            #expect(answer.message.contains("POST /v1/tasks/t/adapters/v2/promote"))
            try await service.expect(.post, "/v1/tasks/t/adapters/v2/promote", 200)
            try await service.expect(.post, "/v1/tasks/t/predict", 200, body: #"{"input":"hello"}"#)
        }
    }

    @Test func whatIsUnknownIs404() async throws {
        try await ServiceHarness.run { service in
            try await service.makeTask("t", versions: 1)
            try await service.expect(
                .post, "/v1/tasks/nobody/predict", 404, body: #"{"input":"a"}"#, code: "unknown_task")
            try await service.expect(
                .post, "/v1/tasks/t/predict", 404, body: #"{"input":"a","adapter":"v9"}"#, code: "unknown_adapter")
        }
    }

    @Test func overloadIs429WithRetryAfter() async throws {
        let gate = Gate()
        try await ServiceHarness.run(classifier: FakeClassifier(gate: gate), configure: { $0.engine.queue = 1 }) {
            service in
            try await service.makeTask("t", versions: 1)
            async let running = service.send(.post, "/v1/tasks/t/predict", body: #"{"input":"running"}"#)
            await gate.waitForBatch()
            // The queue is seen to be full by its own metric.
            async let waiting = service.send(.post, "/v1/tasks/t/predict", body: #"{"input":"waiting"}"#)
            while try await !service.send(.get, "/metrics").text.contains("perennial_queue_inputs 1") {
                await Task.yield()
            }
            let refused = try await service.expect(
                .post, "/v1/tasks/t/predict", 429, body: #"{"input":"refused"}"#, code: "overloaded")
            #expect(Int(refused.header("retry-after") ?? "").map { $0 >= 1 } == true)
            gate.open(times: 2)
            let runningAnswer = try await running
            #expect(runningAnswer.status == 200)
            let waitingAnswer = try await waiting
            #expect(waitingAnswer.status == 200)
        }
    }
}
