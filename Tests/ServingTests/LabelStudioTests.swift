import Foundation
import HTTPTypes
import Schema
import Serving
import Store
import Testing

/// Bodies in the shapes Label Studio 1.x sends to an ML backend and to webhooks, with the fields it sends around them.
@Suite struct LabelStudioTests {
    private static let interface = #"""
        <View>\n  <!-- <Text name=\"not\" value=\"$this\"/> -->\n  <Text name=\"query\" value=\"$body\"/>\n  <View style=\"padding: 20px\">\n    <Header value=\"Choose &amp; go\"/>\n    <Choices name=\"intent\" toName=\"query\" choice=\"single\" showInLine=\"true\">\n      <Choice value=\"refund\"/>\n      <Choice value=\"shipping\"/>\n    </Choices>\n  </View>\n</View>
        """#

    private func annotation(
        _ action: String = "ANNOTATION_CREATED", task: Int = 16, label: String = "refund", text: String = "my money",
        cancelled: Bool = false
    ) -> String {
        #"""
        {"action": "\#(action)",
         "annotation": {
           "id": 28, "completed_by": 1, "was_cancelled": \#(cancelled), "ground_truth": false, "lead_time": 3.289,
           "created_at": "2025-02-19T05:20:19.821901Z", "updated_at": "2025-02-19T05:20:19.821915Z", "result_count": 1,
           "unique_id": "c187c4b5-8a54-4ebd-a1a0-e07c4e9b8b7d", "import_id": null, "last_action": null, "task": \#(task),
           "project": 5, "parent_prediction": null, "prediction": {},
           "result": [{"id": "Dx_aB91ISN", "from_name": "intent", "to_name": "query", "type": "choices",
                       "origin": "manual", "value": {"choices": ["\#(label)"]}}]},
         "project": {"id": 5, "title": "Helpdesk", "label_config": "\#(Self.interface)", "task_number": 2,
                     "finished_task_number": 1, "control_weights": {"intent": {"overall": 1.0}}},
         "task": {"id": \#(task), "data": {"body": "\#(text)", "ticket": 7}, "meta": {}, "project": 5, "overlap": 1,
                  "is_labeled": true, "inner_id": 1, "total_annotations": 1, "file_upload": 1}}
        """#
    }

    @Test func theInterfaceSaysWhichFieldAndWhichControl() {
        let xml = Self.interface.replacingOccurrences(of: #"\n"#, with: "\n").replacingOccurrences(of: #"\""#, with: "\"")
        let configuration = LabelingConfiguration(xml: xml)
        #expect(configuration.control == "intent" && configuration.object == "query" && configuration.field == "body")
        #expect(LabelingConfiguration(xml: "<View/>") == LabelingConfiguration())
        #expect(LabelingConfiguration(xml: "<Choices name='a&amp;b' toName=\"t\"").control == "a&b")
        #expect(LabelingConfiguration(xml: "<<<Text value=").field == "text")
    }

    @Test func healthAndSetupAnswerAsTheBackendDoes() async throws {
        try await ServiceHarness.run { service in
            try await service.makeTask("t", versions: 2)
            let health = try await service.expect(.get, "/label-studio/t/health", 200)
            #expect(health.object["status"] as? String == "UP" && health.object["model_class"] as? String == "Perennial")
            let setup = try await service.expect(
                .post, "/label-studio/t/setup", 200,
                body: #"""
                    {"project": "5.1740000000", "schema": "\#(Self.interface)", "hostname": "http://localhost:8080",
                     "access_token": "", "extra_params": null}
                    """#)
            #expect(setup.object["model_version"] as? String == "v2")
            try await service.expect(.get, "/label-studio/nobody/health", 404, code: "unknown_task")
        }
    }

    @Test func everyTaskGetsAnAnswerInTheOrderOfTheTasks() async throws {
        try await ServiceHarness.run(configure: { $0.inputsPerRequest = 2 }) { service in
            try await service.makeTask("t", versions: 1)
            let tasks = ["one", "two", "", "three"].enumerated().map { index, text in
                #"{"id": \#(index), "data": {"body": "\#(text)"}, "annotations": [], "predictions": [], "project": 5}"#
            }.joined(separator: ",")
            let body = #"""
                {"tasks": [\#(tasks)], "project": "5.1740000000", "label_config": "\#(Self.interface)",
                 "params": {"login": null, "password": null, "context": null}}
                """#
            let answer = try await service.expect(.post, "/label-studio/t/predict", 200, body: body)
            let results = try #require(answer.object["results"] as? [[String: Any]])
            #expect(results.count == 4 && answer.object["model_version"] as? String == "v1")
            let regions = results.map { ($0["result"] as? [[String: Any]])?.first }
            #expect(regions[2] == nil)
            for (index, text) in [(0, "one"), (1, "two"), (3, "three")] {
                let scores = FakeClassifier.scores(digest: FakeClassifier.digest(1), tokens: text.utf8.map(Int32.init))
                let best = try #require(scores.indices.max { scores[$0] < scores[$1] })
                let region = try #require(regions[index])
                #expect(region["from_name"] as? String == "intent" && region["to_name"] as? String == "query")
                #expect(region["type"] as? String == "choices")
                #expect((region["value"] as? [String: Any])?["choices"] as? [String] == [["a", "b", "c"][best]])
            }
            try await service.expect(.post, "/label-studio/t/predict", 400, body: "{}", param: "tasks")
        }
    }

    @Test func aTaskWithoutAnAdapterSuggestsNothing() async throws {
        try await ServiceHarness.run { service in
            try await service.makeTask("t")
            let body = #"{"tasks": [{"id": 1, "data": {"text": "hello"}}], "label_config": "<View/>"}"#
            let answer = try await service.expect(.post, "/label-studio/t/predict", 200, body: body)
            let results = try #require(answer.object["results"] as? [[String: Any]])
            #expect(results.count == 1 && (results[0]["result"] as? [Any])?.isEmpty == true)
        }
    }

    @Test func annotationsAreQueuedOnceAndAChangedOneReplacesTheOneBefore() async throws {
        try await ServiceHarness.run { service in
            try await service.makeTask("t")
            let hook = "/label-studio/t/webhook"
            let first = try await service.expect(.post, hook, 201, body: annotation())
            #expect(first.object["status"] as? String == "ok" && first.object["result"] as? String == "accepted")
            let again = try await service.expect(.post, hook, 201, body: annotation())
            #expect(again.object["result"] as? String == "duplicate")
            try await service.expect(.post, hook, 201, body: annotation("ANNOTATION_UPDATED", label: "shipping"))
            try await service.expect(.post, hook, 201, body: annotation(task: 17, text: "where is it"))
            let stored = try await service.store.arrivals(after: 0, limit: 10)
            #expect(stored.map(\.text) == ["my money", "where is it"])
            #expect(stored.map(\.label) == ["shipping", "refund"])
        }
    }

    @Test func whatIsNoExampleAnywhereElseIsNoneHere() async throws {
        try await ServiceHarness.run { service in
            try await service.makeTask("t")
            let hook = "/label-studio/t/webhook"
            let long = String(repeating: "x", count: ExampleLimits.textBytes + 1)
            try await service.expect(
                .post, hook, 400, body: annotation(text: long), code: "too_long", param: "text")
            try await service.expect(
                .post, hook, 400, body: annotation(label: "refund "), code: "surrounding_space", param: "label")
            try await service.expect(
                .post, hook, 400, body: annotation(label: #"\u001b[31m"#), code: "forbidden_character", param: "label")
            #expect(try await service.store.arrivals(after: 0, limit: 10).isEmpty)
        }
    }

    @Test func whatTeachesNothingIsIgnored() async throws {
        try await ServiceHarness.run { service in
            try await service.makeTask("t")
            let hook = "/label-studio/t/webhook"
            for body in [
                annotation(cancelled: true), annotation("ANNOTATIONS_DELETED"), annotation(label: #"a", "b"#),
                #"{"action": "PROJECT_UPDATED", "project": {"id": 5}}"#,
                #"{"action": "ANNOTATION_CREATED", "annotation": {"result": []}, "task": {"id": 3, "data": {}}}"#,
            ] {
                let answer = try await service.expect(.post, hook, 201, body: body)
                #expect(answer.object["result"] as? String == "ignored")
            }
            #expect(try await service.store.arrivals(after: 0, limit: 10).isEmpty)
            try await service.expect(.post, hook, 400, body: "{}", code: "missing_field", param: "action")
            let number = try await service.expect(
                .post, hook, 400, body: #"{"action": 5}"#, code: "wrong_type", param: "action")
            #expect(number.message == #""action" must be a string, found a number"#)
            try await service.expect(
                .post, "/label-studio/t/predict", 400, body: #"{"tasks": {}}"#, code: "wrong_type", param: "tasks")
            try await service.expect(
                .post, "/label-studio/t/predict", 400, body: "{}", code: "missing_field", param: "tasks")
            let training = try await service.expect(.post, hook, 201, body: #"{"action": "START_TRAINING"}"#)
            #expect(training.object["result"] as? String == "nothing to learn")
        }
    }
}
