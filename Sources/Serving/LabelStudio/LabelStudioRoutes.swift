import Foundation
import Hummingbird
import Intake
import Schema
import Store

/// `/label-studio/{task}`: the routes of a Label Studio ML backend, one backend for each task.
///
/// Predictions pre-annotate; annotations become examples of the ledger, which queues and deduplicates them like any
/// others: one that is sent twice counts once, one that was changed replaces the one before.
struct LabelStudioRoutes: Sendable {
    let store: Store
    let predictions: PredictionRoutes
    let metrics: ServiceMetrics

    private static let noVersion = "none"

    func add(to router: Router<ServiceContext>) {
        router.resource("/label-studio/{task}", get: health)
        router.resource("/label-studio/{task}/health", get: health)
        router.resource("/label-studio/{task}/setup", post: setup)
        router.resource("/label-studio/{task}/predict", post: predict)
        router.resource("/label-studio/{task}/webhook", post: webhook)
    }

    @Sendable private func health(_ request: Request, _ context: ServiceContext) async throws -> Response {
        struct Health: Encodable {
            var status = "UP"
            var model_class = "Perennial"
        }
        try await store.requireTask(try context.taskName())
        return try .json(Health())
    }

    @Sendable private func setup(_ request: Request, _ context: ServiceContext) async throws -> Response {
        let task = try context.taskName()
        _ = try await request.jsonFields(limit: LabelStudioPayload.maximumBytes, isOptional: true)
        return try .json(["model_version": try await version(of: task)])
    }

    @Sendable private func predict(_ request: Request, _ context: ServiceContext) async throws -> Response {
        let task = try context.taskName()
        let body = try await request.jsonFields(limit: LabelStudioPayload.maximumBytes)
        let (configuration, items) = try LabelStudioPayload.items(body)
        guard try await version(of: task) != Self.noVersion else {
            // Nothing was learned yet: annotators begin without suggestions.
            let none = items.map { _ in Prediction(version: Self.noVersion) }
            return try .json(Predictions(results: none, version: Self.noVersion))
        }
        // All parts are answered by one version, whatever is promoted meanwhile.
        let served = try await predictions.served(.champion, task: task)
        let version = served.reference.version
        let positions = items.indices.filter { Self.isAnswerable(items[$0].text) }
        var results = items.map { _ in Prediction(version: version) }
        for start in stride(from: 0, to: positions.count, by: predictions.maximumInputs) {
            let part = positions[start..<min(start + predictions.maximumInputs, positions.count)]
            let request = PredictionRequest(inputs: part.map { items[$0].text ?? "" })
            let answer = try await predictions.answer(request, task: task, by: served)
            for (position, item) in zip(part, answer.data) {
                results[position] = Prediction(item, configuration, version: answer.adapter.version)
            }
        }
        return try .json(Predictions(results: results, version: version))
    }

    @Sendable private func webhook(_ request: Request, _ context: ServiceContext) async throws -> Response {
        let task = try context.taskName()
        let body = try await request.jsonFields(limit: LabelStudioPayload.maximumBytes)
        var fields = JSONObject(body)
        guard let action = try fields.string("action") else { throw fields.missing("action", "the event's name") }
        try await store.requireTask(task)
        switch action {
        case "ANNOTATION_CREATED", "ANNOTATION_UPDATED":
            guard let example = LabelStudioPayload.annotation(body) else { return try Self.done("ignored") }
            if let broken = example.brokenRule {
                throw APIError.invalid(broken.field, code: broken.code, broken.message)
            }
            let entry = LedgerEntry(line: 1, example: example)
            let report = try await store.append(LedgerBatch(entries: [entry]), to: task).report
            if let rejection = report.errors.first { throw rejection }
            metrics.ingested(report, task: task)
            return try Self.done(report.accepted > 0 ? "accepted" : "duplicate")
        case "START_TRAINING":
            do {
                return try Self.done(try await store.requestUpdate(task).id)
            } catch StoreError.nothingToLearn {
                return try Self.done("nothing to learn")
            }
        default: return try Self.done("ignored")
        }
    }

    /// Empty or over-long texts have no answer; one of them must not cost the others theirs.
    private static func isAnswerable(_ text: String?) -> Bool {
        guard let text else { return false }
        return text.hasVisibleCharacter && text.utf8.count <= ExampleLimits.textBytes
    }

    private static func done(_ result: String) throws -> Response {
        try .json(["status": "ok", "result": result], status: .created)
    }

    private func version(of task: TaskName) async throws -> String {
        try await store.champion(task)?.version.version ?? Self.noVersion
    }

    private struct Predictions: Encodable {
        var results: [Prediction]
        var version: String

        enum CodingKeys: String, CodingKey {
            case results
            case version = "model_version"
        }
    }

    /// One task's pre-annotation: empty where there is nothing to say.
    private struct Prediction: Encodable {
        struct Region: Encodable {
            struct Value: Encodable { var choices: [String] }
            var id: String
            var from_name: String
            var to_name: String
            var type = "choices"
            var value: Value
            var score: Float
        }

        var result: [Region] = []
        var score: Float = 0
        var model_version: String

        init(version: String) { model_version = version }

        init(_ item: PredictionAnswer.Item, _ configuration: LabelingConfiguration, version: String) {
            result = [
                Region(
                    id: String(UUID().uuidString.prefix(10)), from_name: configuration.control,
                    to_name: configuration.object, value: Region.Value(choices: [item.label]), score: item.score)
            ]
            score = item.score
            model_version = version
        }
    }
}
