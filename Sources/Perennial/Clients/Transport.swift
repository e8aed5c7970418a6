import Foundation

/// One request to the routes of the HTTP contract, over a connection or in process.
struct ServiceRequest: Sendable {
    var method: String
    /// Path and query, percent-encoded.
    var path: String
    var contentType: String?
    var idempotencyKey: String?
    var body = Data()
    /// How long the service may take to begin its answer: what changes something may wait for others that do.
    var seconds: Int { method == "GET" && !path.hasPrefix("/v1/similarity") ? 30 : 120 }
}

struct ServiceResponse: Sendable {
    var status: Int
    var body: Data

    /// The words of an error; `nil` where the body holds none.
    var message: String? { (try? JSONDecoder().decode(ServiceFailure.self, from: body))?.error.message }
}

private struct ServiceFailure: Decodable {
    var error: Detail
    struct Detail: Decodable { var message: String }
}

/// Carries requests to the routes: to a running service by HTTP, or to the same routes over the home directory.
protocol Transport: Sendable {
    /// - Throws: ``CommandFailure`` with exit code 69 when nobody answers, or not in time.
    func send(_ request: ServiceRequest) async throws -> ServiceResponse
    func shutdown() async throws
}
