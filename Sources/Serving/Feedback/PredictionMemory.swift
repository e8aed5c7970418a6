import Schema
import Synchronization

/// How long predictions are remembered for feedback, and how much memory they may take.
public struct FeedbackLimits: Sendable, Hashable {
    public var seconds: Double
    /// UTF-8 bytes of text, and a fixed part for each.
    public var bytes: Int

    public init(seconds: Double = 86_400, bytes: Int = 67_108_864) {
        self.seconds = seconds
        self.bytes = bytes
    }
}

/// Predictions that feedback may still refer to: in memory only, bounded in time and bytes, the oldest given up first.
package final class PredictionMemory: Sendable {
    package struct Item: Sendable, Hashable {
        package var text: String
        package var label: String
        package var score: Float
        /// Whether a user has said if the answer was right.
        package var isJudged = false

        package init(text: String, label: String, score: Float) {
            self.text = text
            self.label = label
            self.score = score
        }
    }

    private struct Remembered {
        var task: TaskName
        var items: [Item]
        var time: Double
        var bytes: Int
    }

    private struct State {
        var predictions: [String: Remembered] = [:]
        /// Oldest first; those before `first` are gone.
        var order: [String] = []
        var first = 0
        var bytes = 0
    }

    package let limits: FeedbackLimits
    private let state = Mutex(State())
    /// What a prediction and each of its items cost besides the texts.
    private static let overhead = 160

    package init(limits: FeedbackLimits) { self.limits = limits }

    package var count: Int { state.withLock { $0.predictions.count } }

    func remember(_ answer: PredictionAnswer, texts: [String]) {
        remember(
            answer.id, task: answer.task,
            zip(answer.data, texts).map { Item(text: $1, label: $0.label, score: $0.score) }, at: .now)
    }

    package func remember(_ id: String, task: TaskName, _ items: [Item], at time: Timestamp) {
        guard limits.seconds > 0 else { return }
        let bytes = items.reduce(Self.overhead) { $0 + Self.overhead + $1.text.utf8.count + $1.label.utf8.count }
        guard bytes <= limits.bytes else { return }
        state.withLock { state in
            state.predictions[id] = Remembered(task: task, items: items, time: time.seconds, bytes: bytes)
            state.order.append(id)
            state.bytes += bytes
            forget(&state, before: time.seconds - limits.seconds)
        }
    }

    /// What was predicted; `nil` once it is forgotten, or for another task.
    ///
    /// - Parameter created: when the task was: what one of the same name before it was asked is not its own.
    package func recall(
        _ id: String, task: TaskName, since created: Timestamp, at time: Timestamp = .now
    ) -> [Item]? {
        state.withLock { state in
            forget(&state, before: time.seconds - limits.seconds)
            guard let found = state.predictions[id], found.task == task, found.time >= created.seconds else {
                return nil
            }
            return found.items
        }
    }

    /// Takes note that a user has judged an answer.
    ///
    /// - Returns: whether this is the first time.
    package func judge(_ id: String, index: Int) -> Bool {
        state.withLock { state in
            guard let items = state.predictions[id]?.items, items.indices.contains(index), !items[index].isJudged else {
                return false
            }
            state.predictions[id]?.items[index].isJudged = true
            return true
        }
    }

    private func forget(_ state: inout State, before time: Double) {
        while state.first < state.order.count {
            let id = state.order[state.first]
            guard let oldest = state.predictions[id] else {
                state.first += 1
                continue
            }
            guard state.bytes > limits.bytes || oldest.time < time else { break }
            state.predictions[id] = nil
            state.bytes -= oldest.bytes
            state.first += 1
        }
        if state.first > 1_024, state.first * 2 > state.order.count {
            state.order.removeFirst(state.first)
            state.first = 0
        }
    }
}
