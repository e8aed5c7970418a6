import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Logging
import Schema
import Serving
import Store
import Testing

/// The routes over a store in a directory of its own, with the fake classifier behind them.
struct ServiceHarness: Sendable {
    let store: Store
    let client: any TestClientProtocol
    let drift: DriftMonitor

    /// Runs `body` against a service that is ready.
    static func run(
        classifier: FakeClassifier = FakeClassifier(), home: URL? = nil,
        configure: (inout PerennialService.Configuration) -> Void = { _ in }, page: PageRenderer? = nil,
        logger: Logger = quiet,
        _ body: @escaping @Sendable (ServiceHarness) async throws -> Void
    ) async throws {
        let directory =
            home ?? FileManager.default.temporaryDirectory.appending(path: "serving-\(UUID().uuidString)")
        defer { if home == nil { try? FileManager.default.removeItem(at: directory) } }
        let store = try Store(home: Home(root: directory))
        var configuration = PerennialService.Configuration()
        configure(&configuration)
        let service = PerennialService(
            configuration: configuration, store: store, forgetting: { $0.report }, page: page, logger: logger
        ) { classifier }
        try await service.application.test(.router) { client in
            while try await client.execute(uri: "/readyz", method: .get, testCallback: { $0.status }) != .ok {
                await Task.yield()
            }
            try await body(ServiceHarness(store: store, client: client, drift: service.drift))
        }
        try store.close()
    }

    /// A task that serves versions `v1` to `v<count>`, the last one now, made of adapters number 1 to `count`.
    func makeTask(_ name: String, versions count: Int = 0) async throws {
        let task = try TaskName(name)
        _ = try await store.putTask(task, labels: ["a", "b", "c"])
        for number in stride(from: 1, through: count, by: 1) {
            let version = try await store.importVersion(
                task, digest: FakeClassifier.digest(number), metrics: AdapterVersion.Metrics())
            try await expect(.post, "/v1/tasks/\(name)/adapters/\(version.version)/promote", 200)
        }
    }

    func send(
        _ method: HTTPRequest.Method, _ uri: String, type: String? = "application/json", body: String? = nil,
        headers: HTTPFields = [:]
    ) async throws -> Answer {
        var headers = headers
        if let type, body != nil { headers[.contentType] = type }
        return try await client.execute(
            uri: uri, method: method, headers: headers, body: body.map { ByteBuffer(string: $0) }
        ) { Answer(response: $0) }
    }

    /// Sends and checks the status, and that errors have the contract's shape.
    @discardableResult
    func expect(
        _ method: HTTPRequest.Method, _ uri: String, _ status: Int, type: String? = "application/json",
        body: String? = nil, headers: HTTPFields = [:], code: String? = nil, param: String? = nil,
        location: SourceLocation = #_sourceLocation
    ) async throws -> Answer {
        let answer = try await send(method, uri, type: type, body: body, headers: headers)
        #expect(answer.status == status, "\(answer.text)", sourceLocation: location)
        #expect(answer.header("x-request-id")?.isEmpty == false, sourceLocation: location)
        if status >= 400 {
            let error = answer.object["error"] as? [String: Any] ?? [:]
            #expect(Set(error.keys) == ["message", "type", "param", "code"], sourceLocation: location)
            if let code { #expect(error["code"] as? String == code, "\(answer.text)", sourceLocation: location) }
            if let param { #expect(error["param"] as? String == param, "\(answer.text)", sourceLocation: location) }
        }
        return answer
    }
}

struct Answer: Sendable {
    var response: TestResponse

    var status: Int { response.status.code }
    var text: String { String(buffer: response.body) }

    func header(_ name: String) -> String? { HTTPField.Name(name).flatMap { response.headers[$0] } }

    var object: [String: Any] {
        (try? JSONSerialization.jsonObject(with: Data(response.body.readableBytesView))) as? [String: Any] ?? [:]
    }

    var message: String { (object["error"] as? [String: Any])?["message"] as? String ?? "" }

    var data: [[String: Any]] { object["data"] as? [[String: Any]] ?? [] }

    func decode<Value: Decodable>(_ type: Value.Type) throws -> Value {
        try JSONDecoder().decode(type, from: Data(response.body.readableBytesView))
    }
}
