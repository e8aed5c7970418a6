import Crypto
import Foundation
import Models
import NIOHTTP1

/// The answers of a hub that holds one repository.
struct StubHub: Sendable {
    static let repository = "someone/tiny"
    static let commit = "0123456789abcdef0123456789abcdef01234567"

    var files: [String: [UInt8]] = [
        "config.json": Array(#"{"model_type": "bert"}"#.utf8),
        "tokenizer.json": Array(#"{"version": "1.0"}"#.utf8),
        "model.safetensors": (0..<200_000).map { UInt8(truncatingIfNeeded: $0 &* 7) },
        "README.md": Array("not fetched".utf8),
    ]
    /// Digests stated in place of the right ones.
    var statedDigests: [String: String] = [:]
    var etag = "\"first\""

    func answer(_ request: StubServer.Request) -> StubServer.Response {
        switch request.path {
        case "/api/models/\(Self.repository)/revision/main":
            return StubServer.Response(body: Array(#"{"sha": "\#(Self.commit)"}"#.utf8))
        case "/api/models/\(Self.repository)/tree/\(Self.commit)":
            return StubServer.Response(body: Array(tree.utf8))
        default:
            let prefix = "/\(Self.repository)/resolve/\(Self.commit)/"
            guard request.path.hasPrefix(prefix), let body = files[String(request.path.dropFirst(prefix.count))] else {
                return StubServer.Response(status: .notFound)
            }
            return content(body, for: request)
        }
    }

    /// Large files state a SHA-256, small ones git's blob id.
    private var tree: String {
        let entries = files.map { name, body in
            let blob = Insecure.SHA1.hash(data: Data("blob \(body.count)\0".utf8) + body).hexadecimal
            let oid = statedDigests[name] ?? SHA256.hash(data: body).hexadecimal
            let large = name.hasSuffix(".safetensors") ? #", "lfs": {"oid": "\#(oid)", "size": \#(body.count)}"# : ""
            return #"{"type": "file", "path": "\#(name)", "size": \#(body.count), "oid": "\#(blob)"\#(large)}"#
        }
        return #"[{"type": "directory", "path": "onnx", "size": 0, "oid": "1"}, \#(entries.joined(separator: ", "))]"#
    }

    private func content(_ body: [UInt8], for request: StubServer.Request) -> StubServer.Response {
        let range = request.headers.first(name: "range")
            .flatMap { $0.split(separator: "=").last?.split(separator: "-").first.flatMap { Int($0) } }
        guard let start = range, request.headers.first(name: "if-range") == etag else {
            return StubServer.Response(headers: [("etag", etag)], body: body)
        }
        return StubServer.Response(
            status: .partialContent,
            headers: [("etag", etag), ("content-range", "bytes \(start)-\(body.count - 1)/\(body.count)")],
            body: Array(body[start...]))
    }
}

extension Digest {
    var hexadecimal: String { map { String(format: "%02x", $0) }.joined() }
}

/// Settings towards a stub, with no pause between attempts.
func stubSettings(_ server: StubServer, token: String? = nil) throws -> NetworkSettings {
    var settings = try NetworkSettings(environment: [
        "HF_ENDPOINT": server.address, "PIP_INDEX_URL": "\(server.address)/simple", "HF_TOKEN": token ?? "",
    ])
    settings.firstRetryDelay = .zero
    return settings
}

/// Runs `body` with an empty directory, and removes it after.
func withTemporaryDirectory(_ body: (URL) async throws -> Void) async throws {
    let directory = FileManager.default.temporaryDirectory
        .appending(path: "perennial-models-\(UUID().uuidString)", directoryHint: .isDirectory)
    try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
    do {
        try await body(directory)
    } catch {
        try FileManager.default.removeItem(at: directory)
        throw error
    }
    try FileManager.default.removeItem(at: directory)
}
