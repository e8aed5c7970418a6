import HTTPTypes
import Schema
import Serving
import Testing

@Suite struct ExampleRouteTests {
    @Test(arguments: [
        ("application/json", #"{"text":"hello","label":"a"}"#),
        ("application/json; charset=utf-8", #"[{"text":"hello","label":"a"}]"#),
        ("application/json", #"{"examples":[{"text":"hello","label":"a"}]}"#),
        ("application/x-ndjson", "{\"text\":\"hello\",\"label\":\"a\"}\n"),
        ("text/csv", "text,label\r\nhello,a\r\n"),
    ])
    func eachFormatIsTaken(_ type: String, _ body: String) async throws {
        try await ServiceHarness.run { service in
            try await service.makeTask("t")
            let answer = try await service.expect(.post, "/v1/tasks/t/examples", 200, type: type, body: body)
            let report = try answer.decode(IngestReport.self)
            #expect(report.accepted == 1 && report.duplicates == 0 && report.rejected == 0)
            #expect(report.firstSequence != nil && report.firstSequence == report.lastSequence)
        }
    }

    @Test func acceptedDuplicatesAndRejectedAddUpToTheLines() async throws {
        let lines = [
            #"{"text":"one","label":"a"}"#, #"{"text":"one","label":"a"}"#, "", #"{"text":"two","lable":"a"}"#, "oops",
            #"{"text":"three","label":"b"}"#,
        ]
        try await ServiceHarness.run { service in
            try await service.makeTask("t")
            let answer = try await service.expect(
                .post, "/v1/tasks/t/examples", 200, type: "application/x-ndjson", body: lines.joined(separator: "\n"))
            let report = try answer.decode(IngestReport.self)
            #expect(report.accepted == 2 && report.duplicates == 1 && report.rejected == 2)
            #expect(report.errors.map(\.line) == [4, 5])
            #expect(report.errors.map(\.code) == ["unknown_field", "invalid_json"])
            #expect(report.errors.map(\.field) == ["lable", nil])
        }
    }

    @Test func aBodyInManyPartsIsOneBody() async throws {
        let body = (0..<20_000).map { "{\"text\":\"text number \($0)\",\"label\":\"l\($0 % 7)\"}\n" }.joined()
        try await ServiceHarness.run { service in
            try await service.makeTask("t")
            let answer = try await service.expect(
                .post, "/v1/tasks/t/examples", 200, type: "application/x-ndjson", body: body)
            #expect(try answer.decode(IngestReport.self).accepted == 20_000)
        }
    }

    @Test func anIdempotencyKeyReplaysTheFirstAnswerAndRefusesAnotherBody() async throws {
        try await ServiceHarness.run { service in
            try await service.makeTask("t")
            let key = HTTPFields([HTTPField(name: try #require(HTTPField.Name("Idempotency-Key")), value: "k-1")])
            let body = #"{"text":"hello","label":"a"}"#
            let first = try await service.expect(.post, "/v1/tasks/t/examples", 200, body: body, headers: key)
            let second = try await service.expect(.post, "/v1/tasks/t/examples", 200, body: body, headers: key)
            #expect(try first.decode(IngestReport.self) == second.decode(IngestReport.self))
            #expect(first.header("idempotency-replayed") == nil && second.header("idempotency-replayed") == "true")
            try await service.expect(
                .post, "/v1/tasks/t/examples", 422, body: #"{"text":"other","label":"a"}"#, headers: key,
                code: "idempotency_conflict", param: "Idempotency-Key")
        }
    }

    @Test(arguments: ["", "two words", String(repeating: "k", count: 256)])
    func aBadIdempotencyKeyIs400(_ key: String) async throws {
        try await ServiceHarness.run { service in
            try await service.makeTask("t")
            let headers = HTTPFields([HTTPField(name: try #require(HTTPField.Name("Idempotency-Key")), value: key)])
            try await service.expect(
                .post, "/v1/tasks/t/examples", 400, body: #"{"text":"a","label":"a"}"#, headers: headers,
                code: "invalid_idempotency_key", param: "Idempotency-Key")
        }
    }

    @Test func anUnknownTaskIs404AndKeepsNothing() async throws {
        try await ServiceHarness.run { service in
            try await service.expect(
                .post, "/v1/tasks/nobody/examples", 404, body: #"{"text":"a","label":"a"}"#, code: "unknown_task")
        }
    }

    @Test(arguments: ["text/plain", "application/json; charset=latin1", "multipart/form-data"])
    func aTypeThatIsNotOursIs415(_ type: String) async throws {
        try await ServiceHarness.run { service in
            try await service.makeTask("t")
            try await service.expect(
                .post, "/v1/tasks/t/examples", 415, type: type, body: "x", code: "unsupported_media_type")
        }
    }

    @Test(arguments: [
        ("application/json", "[1,", "invalid_json", nil), ("application/json", "", "empty_document", nil),
        ("text/csv", "text\nhello\n", "missing_field", "label"),
    ])
    func aBodyThatCannotBeReadAtAllIs400(_ type: String, _ body: String, _ code: String, _ param: String?) async throws
    {
        try await ServiceHarness.run { service in
            try await service.makeTask("t")
            try await service.expect(
                .post, "/v1/tasks/t/examples", 400, type: type, body: body, code: code, param: param)
        }
    }

    @Test func aBodyOverTheLimitIs413() async throws {
        try await ServiceHarness.run(configure: { $0.ingestBytes = 1_000 }) { service in
            try await service.makeTask("t")
            let body = String(repeating: #"{"text":"hello","label":"a"}"# + "\n", count: 100)
            try await service.expect(
                .post, "/v1/tasks/t/examples", 413, type: "application/x-ndjson", body: body, code: "body_too_large")
            let pending = try await service.expect(.get, "/v1/tasks/t", 200).object["pending"] as? [String: Any]
            #expect(pending?["training"] as? Int == 0)
        }
    }

    @Test func parkedExamplesAreReleased() async throws {
        try await ServiceHarness.run { service in
            try await service.makeTask("t")
            let answer = try await service.expect(.post, "/v1/tasks/t/examples/release", 200)
            #expect(answer.object["released"] as? Int == 0)
            try await service.expect(.post, "/v1/tasks/nobody/examples/release", 404, code: "unknown_task")
        }
    }
}
