import HTTPTypes
import Testing

@Suite struct ContentEncodingTests {
    @Test(
        arguments: [
            (.put, "/v1/tasks/u"), (.post, "/v1/tasks/t/examples"), (.post, "/v1/tasks/t/examples/release"),
            (.post, "/v1/tasks/t/predict"), (.post, "/v1/tasks/t/updates"), (.post, "/v1/tasks/t/feedback"),
            (.post, "/v1/tasks/t/adapters/v1/promote"), (.post, "/v1/tasks/t/rollback"),
            (.post, "/v1/tasks/t/quarantine/drop"), (.post, "/label-studio/t/webhook"),
        ] as [(HTTPRequest.Method, String)])
    func aCompressedBodyIsRefusedByEveryRoute(_ method: HTTPRequest.Method, _ path: String) async throws {
        try await ServiceHarness.run { service in
            try await service.makeTask("t", versions: 2)
            for encoding in ["gzip", "br", "identity, gzip"] {
                let answer = try await service.expect(
                    method, path, 415, body: "\u{1F}\u{8}", headers: [.contentEncoding: encoding],
                    code: "unsupported_content_encoding", param: "Content-Encoding")
                #expect(answer.message.contains("\"\(encoding)\"") && answer.message.contains("uncompressed"))
                #expect(answer.header("accept-encoding") == "identity")
            }
        }
    }

    @Test(arguments: ["identity", "Identity"])
    func aBodyAsItIsMaySaySo(_ encoding: String) async throws {
        try await ServiceHarness.run { service in
            try await service.makeTask("t", versions: 1)
            try await service.expect(
                .post, "/v1/tasks/t/predict", 200, body: #"{"input":"hello"}"#, headers: [.contentEncoding: encoding])
            try await service.expect(
                .post, "/v1/tasks/t/examples", 200, body: #"{"text":"a","label":"a"}"#,
                headers: [.contentEncoding: encoding])
        }
    }
}
