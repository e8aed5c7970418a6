import Foundation
import Logging
import Serving

/// The same routes over the home directory, without a service and without a port.
struct InProcessTransport: Transport {
    let service: PerennialService

    func send(_ request: ServiceRequest) async throws -> ServiceResponse {
        var headers: [(name: String, value: String)] = []
        if let type = request.contentType { headers.append(("content-type", type)) }
        if let key = request.idempotencyKey { headers.append(("idempotency-key", key)) }
        let response = try await service.respond(
            to: PerennialService.InProcessRequest(
                method: request.method, path: request.path, headers: headers, body: [UInt8](request.body)))
        return ServiceResponse(status: response.status, body: Data(response.body))
    }

    func shutdown() async throws {}
}
