import AsyncHTTPClient
import Foundation
import NIOCore

/// How far the transfer of one file has come.
public struct DownloadProgress: Sendable, Equatable {
    public let file: String
    public let bytes: Int64
    /// Size of the whole file, where the host told it.
    public let total: Int64?
}

/// One file fetched to disk, resumable between attempts and between runs.
///
/// The bytes gather in `<file>.partial`, the host's validator in `<file>.etag`. A later attempt asks for the rest
/// under the condition that the validator still holds; otherwise the host sends the file anew.
struct Download {
    let url: URL
    let destination: URL
    /// Whose file it is, for messages.
    let subject: String
    var headers: [(String, String)] = []
    let onProgress: @Sendable (DownloadProgress) -> Void

    private var partial: URL { destination.appendingPathExtension("partial") }
    private var validator: URL { destination.appendingPathExtension("etag") }

    /// Fetches the file unless it is already there whole.
    ///
    /// - Parameter check: Looks at the bytes before they take their name; where it throws, they are discarded.
    func run(over transfer: HTTPTransfer, check: (URL) throws -> Void) async throws {
        if FileManager.default.fileExists(atPath: destination.path) {
            do {
                return try check(destination)
            } catch {
                // Left by an earlier run and damaged since: fetched again below.
                discard(destination)
            }
        }
        try await transfer.retrying(url) { progressed in try await attempt(over: transfer, progressed) }
        do {
            try check(partial)
        } catch {
            discard(partial)
            discard(validator)
            throw error
        }
        do {
            try FileManager.default.moveItem(at: partial, to: destination)
        } catch {
            throw ModelError.cannotWrite(path: destination.path, reason: error.localizedDescription)
        }
        discard(validator)
    }

    private func attempt(over transfer: HTTPTransfer, _ progressed: () -> Void) async throws {
        var request = headers
        let held = resumable()
        if let held {
            request += [("range", "bytes=\(held.bytes)-"), ("if-range", held.etag)]
        }
        let response = try await transfer.send(url, of: subject, headers: request, accepting: [200, 206, 416])
        if response.status == .rangeNotSatisfiable {
            // What is held does not belong to this file, or is all of it without our knowing: start anew.
            discard(partial)
            discard(validator)
            throw TransferCut.restarted
        }
        let isContinued = response.status == .partialContent
        let start = isContinued ? held?.bytes ?? 0 : 0
        if isContinued, Self.rangeStart(response) != start {
            throw ModelError.malformedResponse(
                address: url.withoutCredentials.absoluteString, expected: "the range from byte \(start)")
        }
        let total = response.headers.first(name: "content-length").flatMap(Int64.init).map { $0 + start }
        try prepare(etag: response.headers.first(name: "etag"), keepingBytes: start)
        let bytes = try await receive(response.body, from: start, total: total, progressed)
        guard total == nil || bytes == total else { throw TransferCut.incomplete }
    }

    private func receive(
        _ body: HTTPClientResponse.Body, from start: Int64, total: Int64?, _ progressed: () -> Void
    ) async throws -> Int64 {
        let handle = try opened()
        defer { try? handle.close() }
        var bytes = start
        onProgress(DownloadProgress(file: destination.lastPathComponent, bytes: bytes, total: total))
        for try await chunk in body {
            do {
                try handle.write(contentsOf: Data(chunk.readableBytesView))
            } catch {
                throw ModelError.cannotWrite(path: partial.path, reason: error.localizedDescription)
            }
            bytes += Int64(chunk.readableBytes)
            progressed()
            onProgress(DownloadProgress(file: destination.lastPathComponent, bytes: bytes, total: total))
        }
        return bytes
    }

    /// What an earlier attempt left, if the host gave a validator strong enough to continue it.
    private func resumable() -> (bytes: Int64, etag: String)? {
        guard let etag = try? String(contentsOf: validator, encoding: .utf8), etag.hasPrefix("\""),
            let bytes = try? FileDigest.size(of: partial), bytes > 0
        else { return nil }
        return (bytes, etag)
    }

    private func prepare(etag: String?, keepingBytes start: Int64) throws {
        if start > 0 { return }
        do {
            try Data().write(to: partial)
            try Data((etag ?? "").utf8).write(to: validator)
        } catch {
            throw ModelError.cannotWrite(path: partial.path, reason: error.localizedDescription)
        }
    }

    private func opened() throws -> FileHandle {
        do {
            let handle = try FileHandle(forWritingTo: partial)
            try handle.seekToEnd()
            return handle
        } catch {
            throw ModelError.cannotWrite(path: partial.path, reason: error.localizedDescription)
        }
    }

    /// Removal of what may not be there; a leftover only costs space and is overwritten by the next attempt.
    private func discard(_ file: URL) { try? FileManager.default.removeItem(at: file) }

    /// The first byte of a `Content-Range: bytes 100-199/200`.
    private static func rangeStart(_ response: HTTPClientResponse) -> Int64? {
        let range = response.headers.first(name: "content-range")?.split(separator: " ").last
        return range?.split(separator: "-").first.flatMap { Int64($0) }
    }
}

private enum TransferCut: Error {
    case incomplete, restarted
}
