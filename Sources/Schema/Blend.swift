/// How much each head says: logits of an answer are `adapter · its logits + analytic · its scores`.
///
/// The softmax of the adapter and that of the scaled analytic scores, multiplied and normalised: a product of experts
/// (Hinton 2002) with two weights that also are their temperatures.
public struct Blend: Sendable, Hashable, Codable {
    /// 0: the adapter is not asked.
    public var adapter: Double
    /// 0: the analytic head is asked only for labels that the adapter does not know.
    public var analytic: Double
    /// Scale of the analytic scores where that head answers alone.
    public var alone: Double

    public init(adapter: Double, analytic: Double, alone: Double = 10) {
        self.adapter = adapter
        self.analytic = analytic
        self.alone = alone
    }

    /// Before anything was held out to calibrate by.
    public static let uncalibrated = Blend(adapter: 1, analytic: 10)
    public static let adapterAlone = Blend(adapter: 1, analytic: 0)
    public static let analyticAlone = Blend(adapter: 0, analytic: 10)

    /// Which head decides among labels that both know.
    public var head: DecidingHead { adapter == 0 ? .analytic : analytic == 0 ? .adapter : .blend }
}

/// Which head an answer came from.
public enum DecidingHead: String, Sendable, Hashable, Codable { case adapter, analytic, blend }

/// How the weights of an analytic head are solved from its sums.
public struct AnalyticFit: Sendable, Hashable, Codable {
    public enum Kind: String, Sendable, Hashable, Codable {
        /// Ridge regression: McDonnell et al. 2023.
        case ridge
        /// Linear discriminant analysis: Hayes & Kanan 2020.
        case lda
    }

    public var kind: Kind
    /// λ of ridge regression; ε, the shrinkage of the covariance, of discriminant analysis.
    public var strength: Double

    public init(_ kind: Kind, strength: Double) {
        self.kind = kind
        self.strength = strength
    }
}

/// An analytic head as written to disk after an update, and how it is blended with the adapter of the same version.
public struct AnalyticGeneration: Sendable, Hashable, Codable {
    /// `sha256:` and 64 hexadecimal digits over its file.
    public var digest: String
    /// Of the generation whose sums these are, with more examples; `nil` where they were made anew.
    public var parent: String?
    /// `nil` where every example in the sums was this task's own.
    private var imported: Bool?
    /// Examples in its sums.
    public var examples: Int
    public var bytes: Int
    private var ridge: Double
    /// `nil` is ridge regression.
    private var kind: AnalyticFit.Kind?
    /// `nil` is the base model's features.
    private var adapted: Bool?
    /// Of the random projection; `nil` in versions that did not say.
    public var width: Int?
    public var blend: Blend
    /// `nil` in versions of before there was one.
    private var training: TrainingSchedule?
    /// First and last of each run of experiences whose examples are in the sums. More than one run only after a
    /// rollback.
    public var experiences: [[Int]]

    public init(
        digest: String, parent: String? = nil, isImported: Bool = false, examples: Int, bytes: Int, fit: AnalyticFit,
        isAdapted: Bool = false, width: Int? = nil, blend: Blend,
        schedule: TrainingSchedule = TrainingSchedule(), experiences: [[Int]]
    ) {
        self.digest = digest
        self.parent = parent
        imported = isImported ? true : nil
        self.examples = examples
        self.bytes = bytes
        ridge = fit.strength
        kind = fit.kind == .ridge ? nil : fit.kind
        adapted = isAdapted ? true : nil
        self.width = width
        self.blend = blend
        training = schedule
        self.experiences = experiences
    }

    /// The same in another task, whose ledger and replay memory know nothing of its examples.
    public var inAnotherTask: AnalyticGeneration {
        var generation = self
        generation.parent = nil
        generation.experiences = []
        generation.imported = true
        return generation
    }

    /// Whether some of the examples in its sums came to another task.
    public var isImported: Bool { imported ?? false }

    /// Whether its sums are of the features that the version's own adapter makes, or of the base model's.
    public var isAdapted: Bool { adapted ?? false }

    public var schedule: TrainingSchedule { training ?? TrainingSchedule(examples: examples) }

    /// How its weights were solved from its sums.
    public var fit: AnalyticFit { AnalyticFit(kind ?? .ridge, strength: ridge) }

    /// Whether the training examples of this experience are in the sums.
    public func contains(experience: Int) -> Bool {
        experiences.contains { $0[0] <= experience && experience <= $0[1] }
    }

    /// The runs with one more experience at their end.
    public static func experiences(_ runs: [[Int]]?, adding experience: Int) -> [[Int]] {
        guard let runs, let last = runs.last else { return [[experience, experience]] }
        return last[1] == experience - 1
            ? Array(runs.dropLast()) + [[last[0], experience]] : runs + [[experience, experience]]
    }
}
