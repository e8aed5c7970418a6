/// A service and its tasks at a glance.
///
/// Body of `GET /v1/overview`. What is not known is left out of the JSON.
public struct ServiceOverview: Sendable, Hashable, Codable {
    public var time: Timestamp
    public var base: String?
    public var uptimeSeconds: Double?
    /// Of `POST …/predict`, since the service started.
    public var predictions: LatencyHistogram
    /// Inputs that wait for the model.
    public var queue: Int
    /// Updates that ended since midnight UTC.
    public var updatesToday: Int
    public var replayBytes: Int
    public var residentBytes: Int?
    public var tasks: [TaskSummary]

    public init(
        time: Timestamp = .now, base: String? = nil, uptimeSeconds: Double? = nil,
        predictions: LatencyHistogram = LatencyHistogram(), queue: Int = 0, updatesToday: Int = 0,
        replayBytes: Int = 0, residentBytes: Int? = nil, tasks: [TaskSummary] = []
    ) {
        self.time = time
        self.base = base
        self.uptimeSeconds = uptimeSeconds
        self.predictions = predictions
        self.queue = queue
        self.updatesToday = updatesToday
        self.replayBytes = replayBytes
        self.residentBytes = residentBytes
        self.tasks = tasks
    }

    enum CodingKeys: String, CodingKey {
        case time, base, predictions, queue, tasks
        case uptimeSeconds = "uptime_seconds"
        case updatesToday = "updates_today"
        case replayBytes = "replay_bytes"
        case residentBytes = "resident_bytes"
    }
}

/// Answers by how long they took.
public struct LatencyHistogram: Sendable, Hashable, Codable {
    /// Ascending upper bounds in seconds.
    public var bounds: [Double]
    /// Answers within each bound and above the one before; the last is above all.
    public var counts: [Int]

    public init(bounds: [Double] = [], counts: [Int] = []) {
        self.bounds = bounds
        self.counts = counts
    }

    public var count: Int { counts.reduce(0, +) }

    /// What came since an earlier reading; all of it when the service has started anew.
    public func since(_ earlier: Self) -> Self {
        guard earlier.counts.count == counts.count, zip(counts, earlier.counts).allSatisfy({ $0 >= $1 }) else {
            return self
        }
        return Self(bounds: bounds, counts: zip(counts, earlier.counts).map { $0 - $1 })
    }

    /// The time that a share of the answers needs at most, between bounds in proportion, as Prometheus has it; `nil`
    /// without answers.
    public func quantile(_ share: Double) -> Double? {
        guard count > 0, counts.count == bounds.count + 1 else { return nil }
        let rank = share * Double(count)
        var below = 0.0
        for (index, bound) in bounds.enumerated() {
            let inside = Double(counts[index])
            if inside > 0, below + inside >= rank {
                let lower = index > 0 ? bounds[index - 1] : 0
                return lower + (bound - lower) * max(0, rank - below) / inside
            }
            below += inside
        }
        return bounds.last
    }
}

/// A task as one row of the overview.
public struct TaskSummary: Sendable, Hashable, Codable {
    public var name: String
    /// Version in service.
    public var champion: String?
    public var labels: Int
    /// Examples that wait for an update.
    public var waiting: Int
    public var parked: Int
    public var replayExemplars: Int
    public var replayBytes: Int
    /// Held-out accuracy of the newest versions that were not rejected, oldest first.
    public var accuracy: [Double?]
    /// Best ever minus last, mean over old slices.
    public var forgetting: Double?
    public var drift: Drift?
    /// The newest update.
    public var update: Progress?

    /// Versions in ``accuracy`` at most.
    public static let accuracies = 24

    /// The worst verdict, as far as it is worth a look.
    public struct Drift: Sendable, Hashable, Codable {
        public var level: DriftLevel
        public var kind: DriftKind?
        public var since: Timestamp?
        public init(level: DriftLevel, kind: DriftKind? = nil, since: Timestamp? = nil) {
            self.level = level
            self.kind = kind
            self.since = since
        }
    }

    public struct Progress: Sendable, Hashable, Codable {
        public var id: String
        public var status: UpdateStatus
        public var progress: Double
        /// When it ended, or when it was asked for.
        public var time: Timestamp
        public init(id: String, status: UpdateStatus, progress: Double, time: Timestamp) {
            self.id = id
            self.status = status
            self.progress = progress
            self.time = time
        }
    }

    public init(
        name: String, champion: String? = nil, labels: Int = 0, waiting: Int = 0, parked: Int = 0,
        replayExemplars: Int = 0, replayBytes: Int = 0, accuracy: [Double?] = [], forgetting: Double? = nil,
        drift: Drift? = nil, update: Progress? = nil
    ) {
        self.name = name
        self.champion = champion
        self.labels = labels
        self.waiting = waiting
        self.parked = parked
        self.replayExemplars = replayExemplars
        self.replayBytes = replayBytes
        self.accuracy = accuracy
        self.forgetting = forgetting
        self.drift = drift
        self.update = update
    }

    enum CodingKeys: String, CodingKey {
        case name, champion, labels, waiting, parked, accuracy, forgetting, drift, update
        case replayExemplars = "replay_exemplars"
        case replayBytes = "replay_bytes"
    }
}
