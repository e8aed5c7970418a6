import Crypto
import Foundation
import Hummingbird
import Intake
import Schema
import Store

/// `POST /v1/tasks/{task}/feedback`: a user's word on an answer.
///
/// A label becomes an example, as durable as one sent to `/examples`; a boolean counts for prequential accuracy.
struct FeedbackRoutes: Sendable {
    let store: Store
    let memory: PredictionMemory
    let drift: DriftMonitor
    let metrics: ServiceMetrics

    func add(to router: Router<ServiceContext>) {
        router.resource("/v1/tasks/{task}/feedback", post: take)
    }

    @Sendable private func take(_ request: Request, _ context: ServiceContext) async throws -> Response {
        let task = try context.taskName()
        let key = try ExampleRoutes.idempotencyKey(request)
        let feedback = try Feedback(try await request.jsonObject())
        let created = try await store.task(task).createdAt
        guard let items = memory.recall(feedback.id, task: task, since: created) else { throw unknown(feedback.id) }
        guard items.indices.contains(feedback.index) else {
            throw APIError.invalid(
                "index", code: "out_of_range",
                "\"index\" must be a whole number from 0 to \(items.count - 1), found \(feedback.index)")
        }
        let item = items[feedback.index]
        var answer = Answer(
            id: feedback.id, task: task, index: feedback.index, predicted: item.label,
            correct: feedback.correct ?? (feedback.label == item.label))
        if let label = feedback.label {
            // The prediction is the body's identity: said again under the same key, the first answer is given again.
            let content = "\(feedback.id) \(feedback.index) \(label)"
            let idempotency = key.map { IdempotencyKey(key: $0, bodyDigest: Data(SHA256.hash(data: Data(content.utf8)))) }
            let example = Example(text: item.text, label: label, source: "feedback")
            if let broken = example.brokenRule {
                throw APIError.invalid(broken.field, code: broken.code, broken.message)
            }
            let entry = LedgerEntry(line: 1, example: example)
            let stored = try await store.append(LedgerBatch(entries: [entry], idempotency: idempotency), to: task)
            if let rejection = stored.report.errors.first { throw rejection }
            if !stored.replayed { metrics.ingested(stored.report, task: task) }
            answer.example = stored.report
            answer.counted = stored.report.accepted > 0 && !stored.replayed
        } else {
            answer.counted = memory.judge(feedback.id, index: feedback.index)
            if answer.counted {
                drift.judged(task, isCorrect: answer.correct, confidence: Double(item.score))
            }
        }
        return try .json(answer)
    }

    private func unknown(_ id: String) -> APIError {
        .notFound(
            "id", code: "unknown_prediction",
            "prediction \"\(id.prefix(64))\" is not known here any more: they are remembered for \(Int(memory.limits.seconds)) s "
                + "while the service runs; send the text with its label to /examples instead")
    }

    private struct Answer: Encodable {
        var object = "feedback"
        var id: String
        var task: TaskName
        var index: Int
        var predicted: String
        var correct: Bool
        /// Whether it said anything new.
        var counted = false
        /// What became of the corrected label; `null` for a boolean.
        var example: IngestReport?

        init(id: String, task: TaskName, index: Int, predicted: String, correct: Bool) {
            self.id = id
            self.task = task
            self.index = index
            self.predicted = predicted
            self.correct = correct
        }

        enum CodingKeys: CodingKey { case object, id, task, index, predicted, correct, counted, example }

        func encode(to encoder: any Encoder) throws {
            var values = encoder.container(keyedBy: CodingKeys.self)
            try values.encode(object, forKey: .object)
            try values.encode(id, forKey: .id)
            try values.encode(task, forKey: .task)
            try values.encode(index, forKey: .index)
            try values.encode(predicted, forKey: .predicted)
            try values.encode(correct, forKey: .correct)
            try values.encode(counted, forKey: .counted)
            try values.encode(example, forKey: .example)
        }
    }
}

/// Body of `POST /v1/tasks/{task}/feedback`, checked.
private struct Feedback {
    var id: String
    var index: Int
    var label: String?
    var correct: Bool?

    /// - Throws: ``APIError`` 400 that names the field.
    init(_ body: JSONObject) throws(APIError) {
        var body = body
        guard let id = try body.string("id") else { throw body.missing("id", "the id of a prediction") }
        self.id = id
        index = try body.integer("index", in: 0...1_000_000) ?? 0
        label = try body.string("label")
        correct = try body.boolean("correct")
        let comment = try body.string("comment")
        try body.finish()
        guard (label == nil) != (correct == nil) else {
            throw .invalid(
                label == nil ? "label" : "correct", code: label == nil ? "missing_field" : "ambiguous",
                "give either \"label\", the right one, or \"correct\", true or false")
        }
        // For whoever reads the client's own records: what users write is not stored here.
        if let comment, comment.utf8.count > ExampleLimits.textBytes {
            throw .invalid(
                "comment", code: "too_long",
                "\"comment\" has \(comment.utf8.count) bytes of UTF-8, the limit is \(ExampleLimits.textBytes)")
        }
    }
}
