import Schema
import Synchronization

/// What requests leave for the drift monitor: a lock, an append, no waiting. What does not fit is counted and dropped.
final class ObservationBuffer: Sendable {
    struct Answered: Sendable {
        var task: TaskName
        var digest: String
        var time: Timestamp
        var label: String
        var confidence: Float
        var tokens: [Int32]
    }

    /// A user's word on an answer.
    struct Judged: Sendable {
        var task: TaskName
        var time: Timestamp
        var isCorrect: Bool
        var confidence: Double?
    }

    struct Content: Sendable {
        var answered: [Answered] = []
        var judged: [Judged] = []
        var dropped = 0
    }

    /// Answers held between two looks of the monitor.
    static let capacity = 2_048
    private let content = Mutex(Content())

    func append(_ answer: PredictionAnswer, _ inputs: [ClassifierInput], at time: Timestamp) {
        content.withLock { content in
            for (input, item) in zip(inputs, answer.data) {
                guard content.answered.count < Self.capacity else {
                    content.dropped += 1
                    continue
                }
                content.answered.append(
                    Answered(
                        task: answer.task, digest: answer.adapter.digest, time: time, label: item.label,
                        confidence: item.score, tokens: input.tokens))
            }
        }
    }

    func append(_ judged: Judged) {
        content.withLock { content in
            if content.judged.count < Self.capacity { content.judged.append(judged) } else { content.dropped += 1 }
        }
    }

    /// Takes all there is.
    func drain() -> Content {
        content.withLock { content in
            defer { content = Content() }
            return content
        }
    }
}
