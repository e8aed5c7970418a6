import Foundation
import Schema

/// Drift of one task as it is kept: what it is measured by, and what was last judged.
public struct DriftRecord: Sendable {
    public var task: TaskName
    /// When the task was made: its name may come to stand for another one.
    public var createdAt: Timestamp
    /// Opaque to the store; holds no text.
    public var state: Data
    /// Without events; those are rows of their own.
    public var report: DriftReport
    /// Of updates that begin from now on: 1 leaves the recipe's replay share as it is.
    public var replayFactor: Double
    /// To be added to the task's events.
    public var events: [DriftEvent]

    public init(
        task: TaskName, createdAt: Timestamp, state: Data, report: DriftReport, replayFactor: Double = 1,
        events: [DriftEvent] = []
    ) {
        self.task = task
        self.createdAt = createdAt
        self.state = state
        self.report = report
        self.replayFactor = replayFactor
        self.events = events
    }
}

/// An example that has arrived, as drift looks at it.
public struct ArrivedExample: Sendable, Hashable {
    public var sequence: Int64
    public var task: TaskName
    public var label: String
    /// `nil` once it was learned, or was replaced.
    public var text: String?
    /// Whether no adapter was trained on it so far.
    public var isUnseen: Bool
    public var arrivedAt: Timestamp
}

/// What a task's serving adapter was trained and judged on.
public struct LearnedExamples: Sendable, Hashable {
    /// Examples trained on or held out, by label.
    public var labels: [String: Int]
    public var heldOut: [HeldOutSlice]
}
