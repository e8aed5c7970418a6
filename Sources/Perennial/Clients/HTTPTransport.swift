import AsyncHTTPClient
import Foundation
import NIOCore

/// A running service, by its address.
struct HTTPTransport: Transport {
    private let base: String
    private let client: HTTPClient = {
        var configuration = HTTPClient.Configuration.singletonConfiguration
        // Whether somebody answers is to be known at once.
        configuration.connectionPool.retryConnectionEstablishment = false
        configuration.timeout.connect = .seconds(5)
        // More than a request may take to be answered; the rest of an answer does not pause for long.
        configuration.timeout.read = .seconds(180)
        return HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    }()

    /// - Throws: ``CommandFailure`` when `address` is not an http or https URL.
    init(address: String) throws {
        guard let url = URL(string: address), ["http", "https"].contains(url.scheme), url.host != nil else {
            throw CommandFailure("\"\(address)\" is not an http:// or https:// address", .usage)
        }
        base = address.hasSuffix("/") ? String(address.dropLast()) : address
    }

    func send(_ request: ServiceRequest) async throws -> ServiceResponse {
        var message = HTTPClientRequest(url: base + request.path)
        message.method = .RAW(value: request.method)
        if let type = request.contentType { message.headers.add(name: "content-type", value: type) }
        if let key = request.idempotencyKey { message.headers.add(name: "idempotency-key", value: key) }
        if !request.body.isEmpty { message.body = .bytes(ByteBuffer(data: request.body)) }
        do {
            let response = try await client.execute(message, timeout: .seconds(Int64(request.seconds)))
            let body = try await response.body.collect(upTo: 256 << 20)
            return ServiceResponse(status: Int(response.status.code), body: Data(buffer: body))
        } catch let error as HTTPClientError where error == .deadlineExceeded {
            throw CommandFailure(
                "\(base) takes connections but gave no answer within \(request.seconds) s; look whether that is a "
                    + "perennial service and what its log says, or name another with --url", .unreachable)
        } catch {
            throw CommandFailure(
                "no service answers at \(base) (\(error)); start one with `perennial serve` or name another with --url",
                .unreachable)
        }
    }

    func shutdown() async throws { try await client.shutdown() }
}
