import Crypto
import Foundation
import Hummingbird
import Intake
import Schema
import Store

/// `/v1/tasks/{task}/examples`: labelled texts in, answered once they are durable.
struct ExampleRoutes: Sendable {
    let store: Store
    let refresher: SnapshotRefresher
    let metrics: ServiceMetrics
    let instant: InstantHeads
    let maximumBytes: Int

    func add(to router: Router<ServiceContext>) {
        router.resource("/v1/tasks/{task}/examples", post: ingest)
        router.resource("/v1/tasks/{task}/examples/release", post: release)
    }

    @Sendable private func ingest(_ request: Request, _ context: ServiceContext) async throws -> Response {
        let task = try context.taskName()
        guard let format = request.headers[.contentType].flatMap(ExampleFormat.init(mediaType:)) else {
            throw request.unsupportedMediaType("application/json, application/x-ndjson or text/csv, in UTF-8")
        }
        let key = try Self.idempotencyKey(request)
        try request.refuseBody(over: maximumBytes)
        // Before the body is read: a wrong name should not cost a parse, nor a known one a look at the store.
        if refresher.snapshot.current?.tasks[task] == nil { try await store.requireTask(task) }

        var parser = ExampleParser(format: format)
        var batch = ExampleBatch()
        var digest = SHA256()
        try await request.readBody(limit: maximumBytes) { part in
            let bytes = Array(buffer: part)
            if key != nil { digest.update(data: bytes) }
            try parser.parse(bytes, into: &batch)
        }
        try parser.finish(into: &batch)

        let idempotency = key.map { IdempotencyKey(key: $0, bodyDigest: Data(digest.finalize())) }
        let entries = batch.examples.map { LedgerEntry(line: $0.line, example: $0.example) }
        let answer = try await store.append(
            LedgerBatch(entries: entries, refused: batch.refused, idempotency: idempotency), to: task)
        var response = try Response.json(answer.report)
        if answer.replayed {
            response.headers[.idempotencyReplayed] = "true"
        } else {
            metrics.ingested(answer.report, task: task)
            instant.examplesArrived()
        }
        return response
    }

    /// Parked examples, set aside after repeated rejection, join the next update again.
    @Sendable private func release(_ request: Request, _ context: ServiceContext) async throws -> Response {
        struct Release: Encodable { var released: Int }
        let task = try context.taskName()
        try await request.jsonObject(isOptional: true).finish()
        return try .json(Release(released: try await store.releaseParked(task)))
    }

    static func idempotencyKey(_ request: Request) throws(APIError) -> String? {
        guard let key = request.headers[.idempotencyKey] else { return nil }
        guard (1...255).contains(key.utf8.count), key.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
            throw .invalid(
                "Idempotency-Key", code: "invalid_idempotency_key",
                "\"Idempotency-Key\" must be 1 to 255 visible ASCII characters; a UUID is a good one")
        }
        return key
    }
}
