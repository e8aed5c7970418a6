/// What was learned, kept and lost: the accuracy matrix and the metrics over it.
///
/// `accuracy[t][i]` is the accuracy on slice `i` after update `t`, `nil` where slice `i` is newer.
public struct ForgettingReport: Sendable, Hashable, Codable {
    public var task: TaskName
    public var slices: [Slice]
    public var versions: [String]
    public var accuracy: [[Double?]]
    /// `nil` before the first update.
    public var averageAccuracy: Double?
    /// Best ever minus last, mean over old slices. `nil` before the second update.
    public var forgetting: Double?
    public var backwardTransfer: Double?
    public var forwardTransfer: Double?
    public var plasticity: Double?
    public var minimumAccuracy: Double?
    public var averageAnytimeAccuracy: Double?

    public struct Slice: Sendable, Hashable, Codable {
        public var experience: Int
        public var labels: [String]
        /// Held-out examples in it.
        public var holdout: Int
        public init(experience: Int, labels: [String], holdout: Int) {
            self.experience = experience
            self.labels = labels
            self.holdout = holdout
        }
    }

    public init(task: TaskName, slices: [Slice], versions: [String], accuracy: [[Double?]]) {
        self.task = task
        self.slices = slices
        self.versions = versions
        self.accuracy = accuracy
    }

    /// Of a longer history the first third and the last two thirds of so many updates and slices, at least 3: what came
    /// first shows forgetting, what came last the present. The metrics stay those of all of it.
    public func excerpt(_ limit: Int) -> ForgettingReport {
        func cut<Element>(_ elements: [Element]) -> [Element] {
            elements.count > limit ? elements.prefix(limit / 3) + elements.suffix(limit - limit / 3) : elements
        }
        var report = self
        report.slices = cut(slices)
        report.versions = cut(versions)
        report.accuracy = cut(accuracy).map(cut)
        return report
    }

    /// How many there were, those included that an excerpt leaves out.
    public var experiences: Int { slices.last?.experience ?? 0 }

    public var isExcerpt: Bool { experiences > slices.count }

    enum CodingKeys: String, CodingKey {
        case task, slices, versions, accuracy
        case averageAccuracy = "average_accuracy"
        case forgetting
        case backwardTransfer = "backward_transfer"
        case forwardTransfer = "forward_transfer"
        case plasticity
        case minimumAccuracy = "min_accuracy"
        case averageAnytimeAccuracy = "average_anytime_accuracy"
    }

    /// Contract: every field is present, `null` where it is not defined yet.
    public func encode(to encoder: any Encoder) throws {
        var values = encoder.container(keyedBy: CodingKeys.self)
        try values.encode(task, forKey: .task)
        try values.encode(slices, forKey: .slices)
        try values.encode(versions, forKey: .versions)
        try values.encode(accuracy, forKey: .accuracy)
        try values.encode(averageAccuracy, forKey: .averageAccuracy)
        try values.encode(forgetting, forKey: .forgetting)
        try values.encode(backwardTransfer, forKey: .backwardTransfer)
        try values.encode(forwardTransfer, forKey: .forwardTransfer)
        try values.encode(plasticity, forKey: .plasticity)
        try values.encode(minimumAccuracy, forKey: .minimumAccuracy)
        try values.encode(averageAnytimeAccuracy, forKey: .averageAnytimeAccuracy)
    }
}
