import Foundation
import HTTPTypes
import Schema
import ServiceLifecycle
import Serving
import Store
import Testing

@Suite struct ServiceRouteTests {
    @Test func modelsAreTheBaseAndEachChampion() async throws {
        try await ServiceHarness.run { service in
            try await service.makeTask("t", versions: 2)
            try await service.makeTask("empty")
            let models = try await service.expect(.get, "/v1/models", 200).data
            #expect(models.map { $0["id"] as? String } == ["fake-base", "t"])
            #expect(models[0]["parent"] is NSNull && models[0]["root"] as? String == "fake-base")
            #expect(models[1]["parent"] as? String == "fake-base" && models[1]["root"] as? String == "fake-base")
            #expect(models.allSatisfy { $0["object"] as? String == "model" && $0["owned_by"] is String })
        }
    }

    @Test func theRequestIDIsTheCallersWhereItIsSane() async throws {
        try await ServiceHarness.run { service in
            let name = try #require(HTTPField.Name("x-request-id"))
            let sane = try await service.expect(.get, "/healthz", 200, headers: [name: "req-1:a.b_C"])
            #expect(sane.header("x-request-id") == "req-1:a.b_C")
            for bad in ["", "two words", "é", String(repeating: "x", count: 129)] {
                let answer = try await service.expect(.get, "/healthz", 200, headers: [name: bad])
                #expect(answer.header("x-request-id") != bad)
            }
        }
    }

    @Test func anUnknownRouteIs404AndAWrongMethodIs405() async throws {
        try await ServiceHarness.run { service in
            try await service.expect(.get, "/v2/tasks", 404, code: "unknown_route")
            try await service.expect(.get, "/", 404, code: "unknown_route")
            let wrong = try await service.expect(.post, "/v1/tasks/t", 405, code: "method_not_allowed")
            #expect(wrong.header("allow") == "GET, HEAD, PUT, DELETE")
            try await service.expect(.delete, "/v1/tasks/t/predict", 405, code: "method_not_allowed")
            let traced = try await service.expect(.trace, "/healthz", 405, code: "method_not_allowed")
            #expect(traced.header("allow") == "GET, HEAD")
            for name in ["PROPFIND", "LOCK", "PURGE", "M-SEARCH"] {
                let method = try #require(HTTPRequest.Method(name))
                let other = try await service.expect(method, "/v1/tasks/t", 405, code: "method_not_allowed")
                #expect(other.header("allow") == "GET, HEAD, PUT, DELETE")
            }
            let head = try await service.send(.head, "/healthz")
            #expect(head.status == 200 && head.text.isEmpty)
        }
    }

    @Test func partsOfAPathMayBePercentEncoded() async throws {
        try await ServiceHarness.run { service in
            try await service.makeTask("a", versions: 1)
            let digest = FakeClassifier.digest(1).replacing(":", with: "%3A")
            try await service.expect(.get, "/v1/tasks/%61", 200)
            try await service.expect(.post, "/v1/tasks/%61/adapters/\(digest)/promote", 200)
            try await service.expect(.post, "/v1/tasks/a/adapters/%761/promote", 200)
            for name in ["a%2Fadapters", "%2F", "%2e%2e%2fa", "%00"] {
                try await service.expect(.get, "/v1/tasks/\(name)", 400, code: "invalid_task_name", param: "task")
            }
            for name in ["a%", "%4", "%zz", "%ff", "a%C3"] {
                try await service.expect(.get, "/v1/tasks/\(name)", 400, code: "invalid_path", param: "task")
            }
            try await service.expect(.get, "/v1/updates/a%2Fb", 404, code: "unknown_update")
        }
    }

    @Test func beforeTheBaseIsLoadedOnlyWhatNeedsNoModelAnswers() async throws {
        let directory = FileManager.default.temporaryDirectory.appending(path: "serving-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: directory) }
        let store = try Store(home: Home(root: directory))
        let service = PerennialService(store: store, forgetting: { $0.report }, logger: quiet) { FakeClassifier() }
        func status(_ method: String, _ path: String, _ body: String = "") async throws -> Int {
            let request = PerennialService.InProcessRequest(
                method: method, path: path, headers: [("content-type", "application/json")], body: Array(body.utf8))
            return try await service.respond(to: request).status
        }
        #expect(try await status("GET", "/healthz") == 200)
        #expect(try await status("GET", "/readyz") == 503)
        #expect(try await status("GET", "/v1/models") == 503)
        #expect(try await status("PUT", "/v1/tasks/t", #"{"kind":"classify"}"#) == 201)
        #expect(try await status("POST", "/v1/tasks/t/examples", #"{"text":"a","label":"b"}"#) == 200)
        #expect(try await status("POST", "/v1/tasks/t/predict", #"{"input":"a"}"#) == 503)
        try store.close()
    }

    @Test func aBaseThatDoesNotLoadIsAlwaysTheErrorThatEndsTheService() async throws {
        let directory = FileManager.default.temporaryDirectory.appending(path: "serving-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: directory) }
        let store = try Store(home: Home(root: directory))
        var configuration = PerennialService.Configuration()
        configuration.observesDrift = true
        // Which of the services learns of it first is a matter of chance.
        for _ in 0..<50 {
            let service = PerennialService(
                configuration: configuration, store: store, forgetting: { $0.report }, logger: quiet
            ) { throw FakeClassifier.Broken() }
            await #expect(throws: FakeClassifier.Broken.self) {
                try await ServiceGroup(services: service.background, logger: quiet).run()
            }
        }
        try store.close()
    }

    @Test func everyFamilyIsThereBeforeItsFirstEvent() async throws {
        try await ServiceHarness.run { service in
            let text = try await service.expect(.get, "/metrics", 200).text
            for family in [
                "perennial_requests_total counter", "perennial_request_duration_seconds histogram",
                "perennial_examples_total counter", "perennial_drift_events_total counter",
            ] { #expect(text.contains("# TYPE \(family)\n"), "\(family)") }
        }
    }

    @Test func metricsCountRequestsByRouteAndNeverByPath() async throws {
        try await ServiceHarness.run { service in
            try await service.makeTask("t", versions: 1)
            try await service.expect(.post, "/v1/tasks/t/examples", 200, body: #"[{"text":"a","label":"a"},{}]"#)
            try await service.expect(.post, "/v1/tasks/t/predict", 200, body: #"{"input":"hello"}"#)
            for number in 0..<50 { try await service.expect(.get, "/random/\(number)", 404) }
            let text = try await service.expect(.get, "/metrics", 200).text
            let lines = Set(text.split(separator: "\n").map(String.init))
            for line in [
                #"perennial_requests_total{method="POST",route="/v1/tasks/{task}/predict",status="200"} 1"#,
                #"perennial_requests_total{method="GET",route="unmatched",status="404"} 50"#,
                #"perennial_request_duration_seconds_count{route="/v1/tasks/{task}/predict"} 1"#,
                #"perennial_examples_total{task="t",outcome="accepted"} 1"#,
                #"perennial_examples_total{task="t",outcome="rejected"} 1"#,
                #"perennial_batch_inputs_count 1"#, #"perennial_inference_tokens_total 5"#,
                #"perennial_adapter_version{task="t"} 1"#, #"perennial_queue_inputs 0"#, #"perennial_ready 1"#,
                #"perennial_updates_total{task="t",verdict="promoted"} 0"#, #"perennial_replay_bytes{task="t"} 0"#,
            ] { #expect(lines.contains(line), "\(line)") }
            #expect(text.contains("perennial_resident_memory_bytes "))
            #expect(!text.contains("random"))
        }
    }
}
