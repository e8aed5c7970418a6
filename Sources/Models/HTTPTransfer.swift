import AsyncHTTPClient
import Foundation
import NIOCore
import NIOSSL

/// GET requests with retries, over connections that follow the environment's proxies and certificates.
///
/// Lives inside ``withTransfer(_:_:)``, which closes its connections.
struct HTTPTransfer: Sendable {
    let settings: NetworkSettings
    private let client: HTTPClient

    private static let responseTimeout = TimeAmount.seconds(60)
    private static let maximumPageSize = 16 << 20

    /// Runs `body` with a transfer towards the host of `url`.
    static func withTransfer<Result: Sendable>(
        to url: URL, _ settings: NetworkSettings, _ body: (HTTPTransfer) async throws -> Result
    ) async throws -> Result {
        let client = HTTPClient(
            eventLoopGroupProvider: .singleton, configuration: try configuration(for: url, settings))
        let result: Result
        do {
            result = try await body(HTTPTransfer(settings: settings, client: client))
        } catch {
            try await client.shutdown()
            throw error
        }
        try await client.shutdown()
        return result
    }

    private static func configuration(for url: URL, _ settings: NetworkSettings) throws -> HTTPClient.Configuration {
        var configuration = HTTPClient.Configuration()
        configuration.redirectConfiguration = .follow(max: 10, allowCycles: false)
        configuration.timeout = .init(connect: .seconds(15), read: responseTimeout)
        // ``retrying(_:_:)`` tries again, and says so; the client would, in silence, until the deadline.
        configuration.connectionPool.retryConnectionEstablishment = false
        if let file = settings.certificateFile {
            var security = TLSConfiguration.makeClientConfiguration()
            security.trustRoots = .file(file)
            configuration.tlsConfiguration = security
        }
        if let proxy = try settings.proxy(for: url), let host = proxy.host() {
            configuration.proxy = .server(
                host: host, port: proxy.port ?? 80,
                authorization: proxy.user().map { .basic(username: $0, password: proxy.password() ?? "") })
        }
        return configuration
    }

    /// The body of a small answer and the address it came from after redirects.
    func page(_ url: URL, of subject: String, headers: [(String, String)] = []) async throws -> (Data, URL) {
        try await retrying(url) { _ in
            let response = try await send(url, of: subject, headers: headers, accepting: [200])
            let body = try await response.body.collect(upTo: Self.maximumPageSize)
            return (Data(body.readableBytesView), response.url ?? url)
        }
    }

    /// Sends one request; a status that is not accepted becomes an error.
    func send(
        _ url: URL, of subject: String, headers: [(String, String)], accepting accepted: Set<UInt>
    ) async throws -> HTTPClientResponse {
        var request = HTTPClientRequest(url: url.withoutCredentials.absoluteString)
        request.headers.add(name: "user-agent", value: "perennial")
        if let user = url.user() {
            request.setBasicAuth(username: user, password: url.password() ?? "")
        }
        for (name, value) in headers { request.headers.add(name: name, value: value) }
        let response = try await client.execute(request, timeout: Self.responseTimeout)
        let status = response.status.code
        if accepted.contains(status) { return response }
        let address = url.withoutCredentials.absoluteString
        switch status {
        case 401, 403: throw ModelError.notAuthorized(subject, address: address)
        case 404, 410: throw ModelError.notFound(subject, address: address)
        case 408, 429, 500...: throw PassingFailure(error: .unexpectedStatus(Int(status), address: address))
        default: throw ModelError.unexpectedStatus(Int(status), address: address)
        }
    }

    /// What an address did, in words that follow it; `nil` where there are none better than the error's own.
    private static func problem(_ error: any Error) -> String? {
        if let failure = error as? PassingFailure, case .unexpectedStatus(let status, _) = failure.error {
            return "answered with status \(status)"
        }
        switch error as? HTTPClientError {
        case .connectTimeout, .deadlineExceeded, .readTimeout: return "gave no answer in time"
        case .remoteConnectionClosed: return "closed the connection"
        default: break
        }
        // Errors of a connection attempt belong to a module that is the client's own: their text is what there is.
        let text = "\(error)"
        if text.contains("Connection refused") { return "refused the connection" }
        return text.contains("DNS error") ? "is no known host" : nil
    }

    /// Repeats `body` after failures that may pass, waiting twice as long each time.
    ///
    /// - Parameter body: Is given a closure to call when it got further, which starts the count of attempts anew.
    func retrying<Result>(
        _ url: URL, _ body: (_ progressed: () -> Void) async throws -> Result
    ) async throws -> Result {
        var failures = 0
        while true {
            do {
                return try await body { failures = 0 }
            } catch let error as ModelError {
                throw error
            } catch is CancellationError {
                throw CancellationError()
            } catch {
                failures += 1
                let address = url.withoutCredentials.absoluteString
                let problem = Self.problem(error)
                guard failures < settings.maximumAttempts else {
                    if let failure = error as? PassingFailure { throw failure.error }
                    throw ModelError.connectionFailed(
                        address: address, reason: problem.map { "it \($0)" } ?? "\(error)")
                }
                let delay = settings.firstRetryDelay * (1 << (failures - 1))
                settings.onRetry(
                    TransferRetry(
                        address: address, problem: problem ?? "failed (\(error))", delay: delay, attempt: failures + 1,
                        attempts: settings.maximumAttempts))
                try await Task.sleep(for: delay)
            }
        }
    }
}

/// A failure that may pass: worth another attempt, and reported as `error` once there have been enough.
private struct PassingFailure: Error {
    let error: ModelError
}

extension URL {
    /// The address as it may be shown and sent.
    var withoutCredentials: URL {
        var components = URLComponents(url: self, resolvingAgainstBaseURL: true)
        components?.user = nil
        components?.password = nil
        return components?.url ?? self
    }
}
