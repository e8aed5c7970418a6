import Foundation
import Logging
import Serving

/// The same routes over the home directory, without a service and without a port.
struct InProcessTransport: Transport {
    let service: PerennialService
    let home: URL

    func send(_ request: ServiceRequest) async throws -> ServiceResponse {
        var headers: [(name: String, value: String)] = []
        if let type = request.contentType { headers.append(("content-type", type)) }
        if let key = request.idempotencyKey { headers.append(("idempotency-key", key)) }
        let response = try await service.respond(
            to: PerennialService.InProcessRequest(
                method: request.method, path: request.path, headers: headers, body: [UInt8](request.body)))
        let answer = ServiceResponse(status: response.status, body: Data(response.body))
        // The routes tell nobody where the home is; here it is the caller's own.
        if answer.status == 507 {
            throw CommandFailure("\(home.path): \(answer.message ?? "cannot be written")", .cannotWrite)
        }
        // Nor do they tell what is for the log.
        if answer.status == 500 {
            throw CommandFailure(
                "\(home.path): \(answer.message ?? "the request failed"); --verbose says more about it")
        }
        return answer
    }

    func shutdown() async throws {}
}
