import Schema

/// Everything one frame of the dashboard shows, as far as it is known by now.
public struct DashboardSnapshot: Sendable, Hashable {
    /// Where it was read: a URL or a home directory.
    public var address: String
    /// `nil` until the first answer.
    public var overview: ServiceOverview?
    public var rates: Rates?
    /// Of the task that is open.
    public var report: TaskReport?
    /// Of the version that is selected.
    public var detail: AdapterDetail?
    public var comparison: VersionComparison?
    /// Why the newest reading failed; what is shown is older.
    public var failure: String?

    /// Over the time since the reading before.
    public struct Rates: Sendable, Hashable {
        public var requestsPerSecond: Double
        public var median: Double?
        public var percentile99: Double?
        public init(requestsPerSecond: Double, median: Double? = nil, percentile99: Double? = nil) {
            self.requestsPerSecond = requestsPerSecond
            self.median = median
            self.percentile99 = percentile99
        }
    }

    public init(
        address: String, overview: ServiceOverview? = nil, rates: Rates? = nil, report: TaskReport? = nil,
        detail: AdapterDetail? = nil, comparison: VersionComparison? = nil, failure: String? = nil
    ) {
        self.address = address
        self.overview = overview
        self.rates = rates
        self.report = report
        self.detail = detail
        self.comparison = comparison
        self.failure = failure
    }

    /// When it was read.
    public var time: Timestamp { report?.time ?? overview?.time ?? Timestamp(seconds: 0) }
}
