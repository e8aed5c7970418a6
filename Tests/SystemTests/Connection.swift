import AsyncHTTPClient
import Foundation
import NIOCore
import NIOFoundationCompat

/// The tests' HTTP client.
struct Connection {
    static let shared = Connection()
    private let client: HTTPClient = {
        var configuration = HTTPClient.Configuration.singletonConfiguration
        // A service that was killed must be noticed at once.
        configuration.connectionPool.retryConnectionEstablishment = false
        return HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    }()

    func send(_ method: String, _ url: String, type: String, body: Data) async throws -> (body: Data, status: Int) {
        var request = HTTPClientRequest(url: url)
        request.method = .RAW(value: method)
        if !body.isEmpty {
            request.headers.add(name: "content-type", value: type)
            request.body = .bytes(ByteBuffer(data: body))
        }
        let response = try await client.execute(request, timeout: .seconds(30))
        return (Data(buffer: try await response.body.collect(upTo: 64 << 20)), Int(response.status.code))
    }
}
