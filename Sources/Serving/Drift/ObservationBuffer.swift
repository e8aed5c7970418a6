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

        mutating func append(_ answer: Answered) {
            if answered.count < ObservationBuffer.capacity { answered.append(answer) } else { dropped += 1 }
        }

        mutating func append(_ judgement: Judged) {
            if judged.count < ObservationBuffer.capacity { judged.append(judgement) } else { dropped += 1 }
        }
    }

    /// Answers held between two looks of the monitor.
    static let capacity = 2_048
    private let content = Mutex(Content())

    func append(_ answer: PredictionAnswer, _ inputs: [ClassifierInput], at time: Timestamp) {
        content.withLock { content in
            for (input, item) in zip(inputs, answer.data) {
                content.append(
                    Answered(
                        task: answer.task, digest: answer.adapter.digest, time: time, label: item.label,
                        confidence: item.score, tokens: input.tokens))
            }
        }
    }

    func append(_ judged: Judged) { content.withLock { $0.append(judged) } }

    /// Takes all there is.
    func drain() -> Content {
        content.withLock { content in
            defer { content = Content() }
            return content
        }
    }

    /// Puts back what was taken and not looked at, before what came since.
    func putBack(_ taken: Content) {
        content.withLock { content in
            let new = content
            content = taken
            content.dropped += new.dropped
            for answer in new.answered { content.append(answer) }
            for judged in new.judged { content.append(judged) }
        }
    }
}
