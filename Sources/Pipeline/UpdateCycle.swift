import Schema

/// Life of one update as a pure state machine: events in, the next action out. No clock, no files, no store.
///
///     queued → training → evaluating → promoted
///                 ↑           │
///                 └── retry ──┤       (twice the replay, at most `retries` times)
///                             └→ rejected            any state → failed | cancelled
public struct UpdateCycle: Sendable, Hashable {
    public private(set) var status = UpdateStatus.queued
    /// 1-based; grows with every retry.
    public private(set) var attempt = 0
    public let retries: Int

    public enum Event: Sendable, Hashable {
        case claimed
        case trained
        case judged(Verdict)
        case failed(String)
        case cancelled
    }

    public enum Action: Sendable, Hashable {
        /// Train with `replayFactor` times the recipe's replay.
        case train(attempt: Int, replayFactor: Double)
        case evaluate
        case promote(Verdict)
        case reject(Verdict)
        case fail(String)
        case cancel
    }

    public init(retries: Int) {
        precondition(retries >= 0, "retries cannot be negative")
        self.retries = retries
    }

    /// Moves to the next state.
    ///
    /// - Throws: ``UpdateCycleError`` when `event` cannot happen in this state; the state does not change.
    public mutating func handle(_ event: Event) throws(UpdateCycleError) -> Action {
        switch (status, event) {
        case (.queued, .claimed):
            return startAttempt()
        case (.training, .trained):
            status = .evaluating
            return .evaluate
        case (.evaluating, .judged(let verdict)):
            switch verdict.decision {
            case .promote:
                status = .promoted
                return .promote(verdict)
            case .retry where attempt <= retries:
                return startAttempt()
            case .retry, .reject:
                status = .rejected
                return .reject(verdict)
            }
        case (.queued, .failed(let reason)), (.training, .failed(let reason)), (.evaluating, .failed(let reason)):
            status = .failed
            return .fail(reason)
        case (.queued, .cancelled), (.training, .cancelled), (.evaluating, .cancelled):
            status = .cancelled
            return .cancel
        default:
            throw UpdateCycleError(status: status, event: event)
        }
    }

    private mutating func startAttempt() -> Action {
        attempt += 1
        status = .training
        return .train(attempt: attempt, replayFactor: Double(1 << (attempt - 1)))
    }
}

/// An event that cannot happen in the state the update is in.
public struct UpdateCycleError: Error, Equatable, CustomStringConvertible {
    public let status: UpdateStatus
    public let event: UpdateCycle.Event

    public init(status: UpdateStatus, event: UpdateCycle.Event) {
        self.status = status
        self.event = event
    }

    public var description: String { "an update that is \(status.rawValue) cannot take the event \(event)" }
}
