import Foundation
import Models
import NIOHTTP1
import Synchronization
import Testing

@Suite("Pull from the hub")
struct HubPullTests {
    private let reference = ModelReference.hub(repository: StubHub.repository, revision: "main")
    private let weights = "/\(StubHub.repository)/resolve/\(StubHub.commit)/model.safetensors"

    /// Runs `body` with a store whose hub answers with `answer`, by default as ``StubHub`` does.
    private func withStore(
        _ hub: StubHub = StubHub(), token: String? = nil,
        answering answer: (@Sendable (StubServer.Request) -> StubServer.Response)? = nil,
        _ body: (ModelStore, StubServer) async throws -> Void
    ) async throws {
        try await withTemporaryDirectory { directory in
            try await StubServer.run(answering: answer ?? { request in hub.answer(request) }) { server in
                try await body(ModelStore(directory: directory, settings: stubSettings(server, token: token)), server)
            }
        }
    }

    private func weights(in store: ModelStore) throws -> [UInt8] {
        try [UInt8](Data(contentsOf: store.directory.appending(path: "someone--tiny/model.safetensors")))
    }

    @Test("The model's files, and only they, arrive with a manifest that verifies")
    func wholePull() async throws {
        let progress = Mutex<[DownloadProgress]>([])
        try await withStore(token: "secret") { store, server in
            let entry = try await store.pull(reference) { step in progress.withLock { $0.append(step) } }
            let names = try FileManager.default.contentsOfDirectory(atPath: entry.directory.path)
            #expect(names.sorted() == ["config.json", "model.safetensors", "perennial-model.json", "tokenizer.json"])
            #expect(try weights(in: store) == StubHub().files["model.safetensors"])
            #expect(entry.manifest?.source == "someone/tiny@\(StubHub.commit)")
            #expect(try store.verify("someone--tiny") == entry.manifest)
            #expect(try store.list() == [entry])
            #expect(server.requests.allSatisfy { $0.headers.first(name: "authorization") == "Bearer secret" })
        }
        let last = try #require(progress.withLock { $0.last })
        #expect(last.file == "model.safetensors" && last.bytes == 200_000 && last.total == 200_000)
    }

    @Test("A pull of a model that is there and right asks nothing")
    func secondPull() async throws {
        try await withStore { store, server in
            let first = try await store.pull(reference)
            let count = server.requests.count
            #expect(try await store.pull(reference) == first)
            #expect(server.requests.count == count)
        }
    }

    @Test("A damaged model is fetched anew")
    func damagedModel() async throws {
        try await withStore { store, _ in
            let entry = try await store.pull(reference)
            try Data("{}".utf8).write(to: entry.directory.appending(path: "config.json"))
            #expect(throws: ModelError.self) { try store.verify("someone--tiny") }
            try await store.pull(reference)
            try store.verify("someone--tiny")
        }
    }

    @Test("A transfer that is cut again and again goes on from the byte it reached")
    func resumesAfterCuts() async throws {
        let hub = StubHub()
        try await withStore(answering: { request in
            var response = hub.answer(request)
            if request.path.hasSuffix("model.safetensors"), response.body.count > 30_000 { response.holdAfter = 30_000 }
            return response
        }) { store, server in
            try await store.pull(reference) { step in
                if step.bytes > 0, step.bytes.isMultiple(of: 30_000) { server.cut() }
            }
            #expect(try weights(in: store) == hub.files["model.safetensors"])
            let ranges = server.requests.filter { $0.path == weights }.map { $0.headers.first(name: "range") }
            #expect(
                ranges == [nil] + [30, 60, 90, 120, 150, 180].map { "bytes=\($0)000-" })
        }
    }

    @Test("A pull given up leaves no model, and the next one goes on where it stopped")
    func resumesAcrossPulls() async throws {
        let hub = StubHub()
        let isDown = Mutex(false)
        try await withTemporaryDirectory { directory in
            try await StubServer.run(answering: { request in
                var response = hub.answer(request)
                if request.path.hasSuffix("model.safetensors"), request.headers.first(name: "range") == nil {
                    response.holdAfter = 50_000
                    isDown.withLock { $0 = true }
                } else if isDown.withLock({ $0 }) {
                    return StubServer.Response(status: .serviceUnavailable)
                }
                return response
            }) { server in
                let store = ModelStore(directory: directory, settings: try stubSettings(server))
                let error = await #expect(throws: ModelError.self) {
                    try await store.pull(reference) { step in if step.bytes == 50_000 { server.cut() } }
                }
                #expect(error == .unexpectedStatus(503, address: server.address + weights))
                #expect(try store.list().isEmpty)
                #expect(throws: ModelError.notInstalled("someone--tiny", directory: directory.path)) {
                    try store.verify("someone--tiny")
                }
                isDown.withLock { $0 = false }
                try await store.pull(reference)
                #expect(server.requests.last?.headers.first(name: "range") == "bytes=50000-")
                #expect(try weights(in: store) == hub.files["model.safetensors"])
            }
        }
    }

    @Test("A file that changed on the host since the cut is fetched from its start")
    func changedValidator() async throws {
        try await withStore(answering: { request in
            var hub = StubHub()
            let isFirst = request.headers.first(name: "range") == nil
            if !isFirst { hub.etag = "\"second\"" }
            var response = hub.answer(request)
            if isFirst, request.path.hasSuffix("model.safetensors") { response.holdAfter = 50_000 }
            return response
        }) { store, server in
            try await store.pull(reference) { step in if step.bytes == 50_000 { server.cut() } }
            #expect(try weights(in: store) == StubHub().files["model.safetensors"])
        }
    }

    @Test("A wrong digest names file, expected and found, and leaves nothing behind to go on from")
    func wrongDigest() async throws {
        var hub = StubHub()
        let wrong = String(repeating: "ab", count: 32)
        hub.statedDigests["model.safetensors"] = wrong
        try await withStore(hub) { store, _ in
            let error = await #expect(throws: ModelError.self) { try await store.pull(reference) }
            guard case .checksumMismatch("model.safetensors", wrong, let found) = error else {
                Issue.record("\(String(describing: error))")
                return
            }
            #expect(found.count == 64 && found != wrong)
            #expect(try store.list().isEmpty)
            let staging = store.directory.appending(path: ".someone--tiny.partial")
            let names = try FileManager.default.contentsOfDirectory(atPath: staging.path)
            #expect(names.sorted() == ["config.json", "tokenizer.json"])
        }
    }

    @Test(
        "A refusal names the repository and says what to do",
        arguments: [
            (HTTPResponseStatus.notFound, "someone/tiny was not found"),
            (.unauthorized, "set HF_TOKEN"), (.forbidden, "refuses access to someone/tiny"),
            (.badRequest, "status 400"), (.internalServerError, "status 500"),
        ])
    func refusal(status: HTTPResponseStatus, message: String) async throws {
        try await withStore(answering: { _ in StubServer.Response(status: status) }) { store, server in
            let error = await #expect(throws: ModelError.self) { try await store.pull(reference) }
            #expect(error?.description.contains(message) == true)
            #expect(server.requests.count == (status == .internalServerError ? 5 : 1))
        }
    }

    @Test("A repository without safetensors weights is refused by name")
    func missingWeights() async throws {
        var hub = StubHub()
        hub.files["model.safetensors"] = nil
        try await withStore(hub) { store, _ in
            await #expect(throws: ModelError.missingFile("model.safetensors", source: "someone/tiny")) {
                try await store.pull(reference)
            }
        }
    }

    @Test("Weights in several files, which nothing reads, are refused before anything is fetched")
    func shards() async throws {
        var hub = StubHub()
        hub.files["model.safetensors"] = nil
        hub.files["model-1.safetensors"] = [1, 2, 3]
        hub.files["model.safetensors.index.json"] = Array(#"{"weight_map": {"a": "model-1.safetensors"}}"#.utf8)
        try await withStore(hub) { store, server in
            await #expect(throws: ModelError.spreadWeights("someone/tiny")) { try await store.pull(reference) }
            #expect(!server.requests.contains { $0.path.contains("/resolve/") })
        }
    }

    @Test("A redirect to another host is followed without the token")
    func redirect() async throws {
        let hub = StubHub()
        try await StubServer.run(answering: { request in hub.answer(request) }) { files in
            let address = files.address
            try await withStore(
                token: "secret",
                answering: { request in
                    guard request.path.hasSuffix("model.safetensors") else { return hub.answer(request) }
                    return StubServer.Response(status: .found, headers: [("location", address + request.path)])
                }
            ) { store, _ in
                try await store.pull(reference)
                #expect(try weights(in: store) == hub.files["model.safetensors"])
                #expect(files.requests.map { $0.headers.first(name: "authorization") } == [nil])
            }
        }
    }

    @Test("A second pull at the same time is turned away")
    func busy() async throws {
        try await withStore { store, _ in
            let file = store.directory.appending(path: ".someone--tiny.lock")
            try Data().write(to: file)
            let lock = try FileHandle(forWritingTo: file)
            #expect(flock(lock.fileDescriptor, LOCK_EX | LOCK_NB) == 0)
            await #expect(throws: ModelError.busy("someone--tiny")) { try await store.pull(reference) }
            try lock.close()
            try await store.pull(reference)
        }
    }
}
