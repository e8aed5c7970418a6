import Schema

/// Everything one frame of the dashboard shows.
public struct DashboardSnapshot: Sendable, Hashable {
    public var service: Service
    public var tasks: [TaskOverview]
    /// Latest updates of all tasks, newest first.
    public var updates: [Update]
    /// Drawn under the rest where there is room.
    public var forgetting: ForgettingReport?
    public var time: Timestamp

    public init(
        service: Service, tasks: [TaskOverview] = [], updates: [Update] = [], forgetting: ForgettingReport? = nil,
        time: Timestamp = .now
    ) {
        self.service = service
        self.tasks = tasks
        self.updates = updates
        self.forgetting = forgetting
        self.time = time
    }

    /// The service as a whole. Rates are over the last interval; `nil` where not known yet.
    public struct Service: Sendable, Hashable {
        public var address: String
        public var base: String
        public var uptimeSeconds: Double?
        public var queriesPerSecond: Double?
        public var medianLatencySeconds: Double?
        public var examplesPerSecond: Double?
        public var residentBytes: Int?

        public init(
            address: String, base: String, uptimeSeconds: Double? = nil, queriesPerSecond: Double? = nil,
            medianLatencySeconds: Double? = nil, examplesPerSecond: Double? = nil, residentBytes: Int? = nil
        ) {
            self.address = address
            self.base = base
            self.uptimeSeconds = uptimeSeconds
            self.queriesPerSecond = queriesPerSecond
            self.medianLatencySeconds = medianLatencySeconds
            self.examplesPerSecond = examplesPerSecond
            self.residentBytes = residentBytes
        }
    }

    public struct TaskOverview: Sendable, Hashable {
        public var name: String
        /// Version in service.
        public var champion: String?
        public var labels: Int
        /// Examples that wait for an update.
        public var waiting: Int
        public var replayExemplars: Int?
        public var replayBytes: Int?
        /// Held-out accuracy of each version, oldest first.
        public var accuracy: [Double?]
        /// Best ever minus last.
        public var forgetting: Double?
        /// The one in progress, else the last.
        public var update: Update?

        public init(
            name: String, champion: String? = nil, labels: Int = 0, waiting: Int = 0, replayExemplars: Int? = nil,
            replayBytes: Int? = nil, accuracy: [Double?] = [], forgetting: Double? = nil, update: Update? = nil
        ) {
            self.name = name
            self.champion = champion
            self.labels = labels
            self.waiting = waiting
            self.replayExemplars = replayExemplars
            self.replayBytes = replayBytes
            self.accuracy = accuracy
            self.forgetting = forgetting
            self.update = update
        }
    }
}
