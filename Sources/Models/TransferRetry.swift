import Foundation

/// A transfer that failed and is about to be tried again.
public struct TransferRetry: Sendable, Equatable, CustomStringConvertible {
    public let address: String
    /// What the address did, in words that follow it.
    public let problem: String
    /// The pause before the next attempt.
    public let delay: Duration
    /// Number of the next attempt, from 1.
    public let attempt: Int
    public let attempts: Int

    public var description: String {
        let seconds = String(format: "%g", delay / .seconds(1))
        return "\(address) \(problem); trying again in \(seconds) s (\(attempt) of \(attempts))"
    }
}
