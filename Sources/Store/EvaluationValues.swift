import Schema

/// Right answers on one held-out slice.
public struct SliceEvaluation: Sendable, Hashable {
    /// Experience the slice was held out from.
    public var experience: Int
    public var correct: Int
    public var total: Int
    public init(experience: Int, correct: Int, total: Int) {
        self.experience = experience
        self.correct = correct
        self.total = total
    }

    /// `nil` for an empty slice.
    public var accuracy: Double? { total > 0 ? Double(correct) / Double(total) : nil }
}

/// The held-out examples of one experience.
public struct HeldOutSlice: Sendable, Hashable {
    public var experience: Int
    public var examples: [LedgerExample]
    public init(experience: Int, examples: [LedgerExample]) {
        self.experience = experience
        self.examples = examples
    }
}

/// Bounds on a task's held-out slices together.
public struct HeldOutLimits: Sendable, Hashable {
    public var examples: Int
    /// UTF-8 bytes of text.
    public var bytes: Int
    public init(examples: Int = 2_000, bytes: Int = 4_194_304) {
        self.examples = examples
        self.bytes = bytes
    }

    public init(_ options: Recipe.GateOptions) { self.init(examples: options.examples, bytes: options.bytes) }
}

/// The accuracy matrix of a task, and what forward transfer needs besides it.
public struct AccuracyHistory: Sendable, Hashable {
    /// Slices, versions and accuracies; the metrics over them are still empty.
    public var report: ForgettingReport
    /// For each slice, the accuracy of the version before learning it: `R[i-1,i]`.
    public var beforeLearning: [Double?]
    /// For each slice, the accuracy of the untrained model: `b[i]`.
    public var untrained: [Double?]
}
