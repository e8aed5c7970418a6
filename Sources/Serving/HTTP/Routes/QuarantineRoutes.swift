import Hummingbird
import Intake
import Schema
import Store

/// `/v1/tasks/{task}/quarantine`: examples whose labels are doubted, and what a reviewer decides about them.
struct QuarantineRoutes: Sendable {
    let store: Store

    /// Most sequence numbers in one decision.
    private static let maximumSequences = 10_000

    func add(to router: Router<ServiceContext>) {
        router.resource("/v1/tasks/{task}/quarantine", get: list)
        router.resource("/v1/tasks/{task}/quarantine/release", post: release)
        router.resource("/v1/tasks/{task}/quarantine/drop", post: drop)
    }

    /// Newest first, 100 of them or `limit`.
    @Sendable private func list(_ request: Request, _ context: ServiceContext) async throws -> Response {
        try .json(
            ObjectList(data: try await store.quarantine(try context.taskName(), limit: try request.limit(or: 100))))
    }

    @Sendable private func release(_ request: Request, _ context: ServiceContext) async throws -> Response {
        struct Answer: Encodable { var released: Int }
        let task = try context.taskName()
        return try .json(Answer(released: try await store.releaseQuarantined(task, try await selection(request))))
    }

    @Sendable private func drop(_ request: Request, _ context: ServiceContext) async throws -> Response {
        struct Answer: Encodable { var dropped: Int }
        let task = try context.taskName()
        return try .json(Answer(dropped: try await store.dropQuarantined(task, try await selection(request))))
    }

    /// `{"sequences": [7, 12]}` or `{"all": true}`.
    private func selection(_ request: Request) async throws -> QuarantineSelection {
        var body = try await request.jsonObject()
        let all = try body.boolean("all") ?? false
        let value = body.take("sequences")
        try body.finish()
        guard let value else {
            guard all else { throw body.missing("sequences", "an array of sequence numbers, or \"all\": true") }
            return .all
        }
        guard !all else {
            throw APIError.invalid(
                "all", code: "conflicting_fields", "\"all\" and \"sequences\" exclude each other; give one of them")
        }
        guard case .array(let elements) = value else {
            throw body.wrongType("sequences", "an array of whole numbers", value)
        }
        guard (1...Self.maximumSequences).contains(elements.count) else {
            throw APIError.invalid(
                "sequences", code: "out_of_range",
                "\"sequences\" must hold 1 to \(Self.maximumSequences) numbers, found \(elements.count)")
        }
        return .examples(
            try elements.enumerated().map { index, element in
                guard case .number(let number) = element else {
                    throw body.wrongType("sequences[\(index)]", "a whole number", element)
                }
                guard let sequence = Int64(exactly: number) else {
                    throw body.outOfRange("sequences[\(index)]", "a whole number", number)
                }
                return sequence
            })
    }
}
