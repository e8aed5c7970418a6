/// Whether live traffic and arriving examples still resemble what the serving adapter was trained and judged on.
///
/// Body of `GET /v1/tasks/{task}/drift`.
public struct DriftReport: Sendable, Hashable, Codable {
    public var task: TaskName
    public var time: Timestamp
    /// Version whose reference was compared with; `nil` before the first promotion.
    public var adapter: String?
    public var verdicts: [DriftVerdict]
    /// The statistics over time, bounded, oldest point first.
    public var series: [DriftSeries]
    /// Confirmed drifts and their ends, newest first.
    public var events: [DriftEvent]

    public init(
        task: TaskName, time: Timestamp = .now, adapter: String? = nil, verdicts: [DriftVerdict] = [],
        series: [DriftSeries] = [], events: [DriftEvent] = []
    ) {
        self.task = task
        self.time = time
        self.adapter = adapter
        self.verdicts = verdicts
        self.series = series
        self.events = events
    }

    /// The worst of the verdicts; ``DriftLevel/insufficient`` when there is none.
    public var level: DriftLevel { verdicts.map(\.level).max() ?? .insufficient }

    /// The verdict to read first: of the worst level, the one that lasts longest.
    public var worst: DriftVerdict? {
        verdicts.filter { $0.level == level }
            .min { ($0.since?.seconds ?? .infinity) < ($1.since?.seconds ?? .infinity) }
    }

    enum CodingKeys: String, CodingKey {
        case task, time, adapter, level, verdicts, series, events
    }

    public init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        task = try values.decode(TaskName.self, forKey: .task)
        time = try values.decode(Timestamp.self, forKey: .time)
        adapter = try values.decodeIfPresent(String.self, forKey: .adapter)
        verdicts = try values.decode([DriftVerdict].self, forKey: .verdicts)
        series = try values.decode([DriftSeries].self, forKey: .series)
        events = try values.decode([DriftEvent].self, forKey: .events)
    }

    /// Contract: every field is present, `null` where it is not defined yet; `level` is the worst of the verdicts.
    public func encode(to encoder: any Encoder) throws {
        var values = encoder.container(keyedBy: CodingKeys.self)
        try values.encode(task, forKey: .task)
        try values.encode(time, forKey: .time)
        try values.encode(adapter, forKey: .adapter)
        try values.encode(level, forKey: .level)
        try values.encode(verdicts, forKey: .verdicts)
        try values.encode(series, forKey: .series)
        try values.encode(events, forKey: .events)
    }
}

/// How far something moved; the greater is the worse.
public enum DriftLevel: String, Sendable, Hashable, Codable, CaseIterable, Comparable {
    /// Too few samples to judge by.
    case insufficient
    case ok
    /// Over the lower threshold, or not confirmed.
    case watch
    case drift

    public static func < (left: Self, right: Self) -> Bool { left.rank < right.rank }

    private var rank: Int {
        switch self {
        case .insufficient: 0
        case .ok: 1
        case .watch: 2
        case .drift: 3
        }
    }
}

/// What is compared.
public enum DriftKind: String, Sendable, Hashable, Codable, CaseIterable {
    /// Frozen features of the texts.
    case input
    /// Tokens of a text.
    case length
    /// Share of tokens that the tokenizer does not know.
    case unknownTokens = "unknown_tokens"
    /// Distribution of the predicted labels.
    case prediction
    /// Distribution of the scores of the predicted labels.
    case confidence
    /// Distribution of the labels of arriving examples.
    case label
    /// Labels that the serving adapter does not know.
    case newLabel = "new_label"
    /// Prequential accuracy: each labelled example is predicted by the adapter in service before it is learned.
    case performance
    /// Expected calibration error.
    case calibration
}
