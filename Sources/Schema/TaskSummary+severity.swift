extension TaskSummary {
    /// How urgently an operator should look: the greater, the sooner.
    public enum Severity: Int, Sendable, Hashable, Comparable {
        case fine, watch, bad

        public static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
    }

    /// Mean loss on old slices from which forgetting is worth a look.
    public static let notableForgetting = 0.05

    public var severity: Severity {
        if drift?.level == .drift || update?.status == .failed || parked > 0 { return .bad }
        if drift?.level == .watch || update?.status == .rejected || (forgetting ?? 0) >= Self.notableForgetting {
            return .watch
        }
        return .fine
    }
}

extension ServiceOverview {
    /// Tasks by severity, then by forgetting, then by name.
    public var worstFirst: [TaskSummary] {
        tasks.sorted {
            let (left, right) = ($0.severity.rawValue, $1.severity.rawValue)
            return (-left, -($0.forgetting ?? -1), $0.name) < (-right, -($1.forgetting ?? -1), $1.name)
        }
    }
}
