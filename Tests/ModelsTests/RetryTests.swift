import Foundation
import Models
import Synchronization
import Testing

@Suite("Attempts of a pull")
struct RetryTests {
    private let reference = ModelReference.hub(repository: StubHub.repository, revision: "main")

    /// The error of a pull that is in vain, and what was said of its attempts.
    private func fail(_ settings: NetworkSettings) async throws -> (error: ModelError?, retries: [TransferRetry]) {
        let retries = Mutex<[TransferRetry]>([])
        var error: ModelError?
        try await withTemporaryDirectory { directory in
            var settings = settings
            settings.firstRetryDelay = .milliseconds(1)
            settings.onRetry = { retry in retries.withLock { $0.append(retry) } }
            let store = ModelStore(directory: directory, settings: settings)
            error = await #expect(throws: ModelError.self) { try await store.pull(reference) }
        }
        return (error, retries.withLock { $0 })
    }

    @Test("A host that refuses the connection is told of at once, at every attempt", .timeLimit(.minutes(1)))
    func refused() async throws {
        let settings = try NetworkSettings(environment: ["HF_ENDPOINT": "http://127.0.0.1:1", "no_proxy": "*"])
        let start = ContinuousClock.now
        let (error, retries) = try await fail(settings)
        #expect(ContinuousClock.now - start < .seconds(30))
        #expect(error?.description.contains("could not be reached (it refused the connection)") == true)
        #expect(retries.map(\.attempt) == [2, 3, 4, 5])
        let first = try #require(retries.first)
        #expect(first.description.hasPrefix("http://127.0.0.1:1/"))
        #expect(first.description.hasSuffix("refused the connection; trying again in 0.001 s (2 of 5)"))
        #expect(retries.last?.delay == .milliseconds(8))
    }

    @Test("A host that nobody knows is told of at once, too", .timeLimit(.minutes(1)))
    func unknown() async throws {
        // No name server need be asked: a label has 63 characters at most (RFC 1035).
        let host = String(repeating: "a", count: 64)
        let settings = try NetworkSettings(environment: ["HF_ENDPOINT": "http://\(host)"])
        let (error, retries) = try await fail(settings)
        #expect(error?.description.contains("(it is no known host)") == true)
        #expect(retries.map(\.problem) == Array(repeating: "is no known host", count: 4))
    }

    @Test("A status that may pass is told of with its number")
    func status() async throws {
        try await StubServer.run(answering: { _ in StubServer.Response(status: .serviceUnavailable) }) { server in
            let retries = try await fail(stubSettings(server)).retries
            #expect(retries.map(\.problem) == Array(repeating: "answered with status 503", count: 4))
        }
    }
}
