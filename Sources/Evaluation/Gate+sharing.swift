import Schema

extension Gate {
    /// Verdicts on tasks that share an adapter, which are promoted together or not at all: what one of them is refused for
    /// the others are refused for.
    ///
    /// - Parameter verdicts: of one attempt, by task.
    public static func together(_ verdicts: [(task: String, verdict: Verdict)]) -> [Verdict] {
        guard let refused = verdicts.first(where: { $0.verdict.decision != .promote }) else {
            return verdicts.map(\.verdict)
        }
        return verdicts.map { _, verdict in
            guard verdict.decision == .promote else { return verdict }
            var verdict = verdict
            verdict.decision = refused.verdict.decision
            verdict.reason = "task \"\(refused.task)\" on the same adapter: \(refused.verdict.reason)"
            return verdict
        }
    }
}
