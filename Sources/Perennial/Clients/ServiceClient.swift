import Foundation
import Schema

/// The HTTP contract as calls. Errors of the service become ``CommandFailure`` with its own words.
struct ServiceClient: Sendable {
    let transport: any Transport

    func tasks() async throws -> Data { try await get("/v1/tasks") }
    func task(_ name: TaskName) async throws -> Data { try await get("/v1/tasks/\(name)") }

    func putTask(_ name: TaskName, _ body: some Encodable) async throws -> Data {
        try await send("PUT", "/v1/tasks/\(name)", body: JSONEncoder().encode(body))
    }

    /// Every example goes before it answers.
    func deleteTask(_ name: TaskName) async throws {
        _ = try await checked(ServiceRequest(method: "DELETE", path: "/v1/tasks/\(name)"))
    }

    /// - Throws: ``BodyTooLarge`` where it is to be sent in parts.
    func ingest(_ body: Data, type: String, task: TaskName, key: String) async throws -> IngestReport {
        let request = ServiceRequest(
            method: "POST", path: "/v1/tasks/\(task)/examples", contentType: type, idempotencyKey: key, body: body)
        return try decode(IngestReport.self, from: try await checked(request))
    }

    func predict(_ task: TaskName, _ body: PredictionRequest) async throws -> Data {
        try await send("POST", "/v1/tasks/\(task)/predict", body: JSONEncoder().encode(body))
    }

    func requestUpdate(_ task: TaskName) async throws -> Update {
        try decode(Update.self, from: try await send("POST", "/v1/tasks/\(task)/updates"))
    }

    func update(_ id: String) async throws -> Update {
        try decode(Update.self, from: try await get("/v1/updates/\(id)"))
    }

    func updates(_ task: TaskName) async throws -> [Update] {
        try decode(ObjectList<Update>.self, from: try await get("/v1/tasks/\(task)/updates")).data
    }

    func adapters(_ task: TaskName) async throws -> [AdapterVersion] {
        try decode(ObjectList<AdapterVersion>.self, from: try await get("/v1/tasks/\(task)/adapters")).data
    }

    func release(_ task: TaskName) async throws -> Data { try await send("POST", "/v1/tasks/\(task)/examples/release") }

    func quarantine(_ task: TaskName, limit: Int) async throws -> [QuarantinedExample] {
        try decode(
            ObjectList<QuarantinedExample>.self, from: try await get("/v1/tasks/\(task)/quarantine?limit=\(limit)")
        ).data
    }

    /// - Parameter decision: `release` or `drop`.
    func decide(_ decision: String, _ task: TaskName, _ body: QuarantineBody) async throws -> Data {
        try await send("POST", "/v1/tasks/\(task)/quarantine/\(decision)", body: JSONEncoder().encode(body))
    }

    /// - Parameter force: also a version that the gate rejected.
    func promote(_ version: String, task: TaskName, force: Bool = false) async throws -> AdapterVersion {
        let body = force ? try JSONEncoder().encode(["force": true]) : Data()
        return try decode(
            AdapterVersion.self,
            from: try await send("POST", "/v1/tasks/\(task)/adapters/\(version)/promote", body: body))
    }

    func rollback(_ task: TaskName) async throws -> AdapterVersion {
        try decode(AdapterVersion.self, from: try await send("POST", "/v1/tasks/\(task)/rollback"))
    }

    func forgetting(_ task: TaskName) async throws -> ForgettingReport {
        try decode(ForgettingReport.self, from: try await get("/v1/tasks/\(task)/forgetting"))
    }

    func drift(_ task: TaskName) async throws -> DriftReport {
        try decode(DriftReport.self, from: try await get("/v1/tasks/\(task)/drift"))
    }

    /// The texts of all tasks go through the base model before it answers.
    func similarity() async throws -> SimilarityReport {
        let request = ServiceRequest(method: "GET", path: "/v1/similarity")
        return try decode(SimilarityReport.self, from: try await checked(request))
    }

    func feedback(_ task: TaskName, _ body: FeedbackBody, key: String) async throws -> Data {
        try await checked(
            ServiceRequest(
                method: "POST", path: "/v1/tasks/\(task)/feedback", contentType: "application/json",
                idempotencyKey: key,
                body: try JSONEncoder().encode(body)))
    }

    func overview() async throws -> ServiceOverview {
        try decode(ServiceOverview.self, from: try await get("/v1/overview"))
    }

    func report(_ task: TaskName) async throws -> TaskReport {
        try decode(TaskReport.self, from: try await get("/v1/tasks/\(task)/report"))
    }

    func adapter(_ version: String, task: TaskName) async throws -> AdapterDetail {
        try decode(AdapterDetail.self, from: try await get("/v1/tasks/\(task)/adapters/\(version)"))
    }

    func comparison(_ task: TaskName, from: String, to: String) async throws -> VersionComparison {
        try decode(
            VersionComparison.self, from: try await get("/v1/tasks/\(task)/adapters/\(from)/compare/\(to)"))
    }

    func metrics() async throws -> String { String(decoding: try await get("/metrics"), as: UTF8.self) }

    func decode<Value: Decodable>(_ type: Value.Type, from data: Data) throws -> Value {
        do {
            return try JSONDecoder().decode(type, from: data)
        } catch {
            throw CommandFailure("the service answered something else than a \(type): \(error)")
        }
    }

    private func get(_ path: String) async throws -> Data { try await send("GET", path) }

    private func send(_ method: String, _ path: String, body: Data = Data()) async throws -> Data {
        try await checked(
            ServiceRequest(
                method: method, path: path, contentType: body.isEmpty ? nil : "application/json", body: body))
    }

    private func checked(_ request: ServiceRequest) async throws -> Data {
        let response = try await transport.send(request)
        guard !(200..<300).contains(response.status) else { return response.body }
        let message = response.message ?? "the service answered with status \(response.status)"
        if response.status == 413 { throw BodyTooLarge(description: message) }
        throw CommandFailure(message, exitStatus(response.status))
    }

    private func exitStatus(_ status: Int) -> ExitStatus {
        switch status {
        case 400, 415, 422: .badData
        case 502, 503, 504: .unreachable
        case 507: .cannotWrite
        default: .failed
        }
    }
}

/// A body beyond what the service takes at once.
struct BodyTooLarge: ExitStatusProviding {
    let description: String
    var exitStatus: ExitStatus { .badData }
}

/// Body of `POST /v1/tasks/{task}/predict`.
struct PredictionRequest: Encodable {
    var input: [String]
    var topK: Int
    var adapter: String

    enum CodingKeys: String, CodingKey {
        case input, adapter
        case topK = "top_k"
    }
}

/// Body of a decision about examples in quarantine; one of the two.
struct QuarantineBody: Encodable {
    var sequences: [Int64]?
    var all: Bool?
}

/// What a prediction carries, as far as the command line shows it.
struct PredictionAnswer: Decodable {
    var id: String
    var adapter: AdapterReference
    var data: [Item]

    struct Item: Decodable {
        var label: String
        var score: Double
        var top: [Choice]
    }
    struct Choice: Decodable {
        var label: String
        var score: Double
    }
}

struct ObjectList<Element: Codable & Sendable>: Codable, Sendable {
    var object = "list"
    var data: [Element]
}
