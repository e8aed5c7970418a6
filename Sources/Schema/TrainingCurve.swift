/// How an update learns, step by step; kept after it has ended, for the newest updates of a task.
public struct TrainingCurve: Sendable, Hashable, Codable {
    public var attempt: Int
    public var epoch: Int
    public var epochs: Int
    public var step: Int
    public var steps: Int
    /// New and replayed examples learned in a second.
    public var examplesPerSecond: Double
    /// Share of the examples learned so far that were replayed.
    public var replayShare: Double
    /// At most ``maximumPoints``, oldest first; a longer run keeps every second of them, again and again.
    public var points: [Point]

    public static let maximumPoints = 120

    public struct Point: Sendable, Hashable, Codable {
        public var step: Int
        /// Mean loss of the batches since the point before.
        public var loss: Double
        public init(step: Int, loss: Double) {
            self.step = step
            self.loss = loss
        }
    }

    public init(
        attempt: Int = 1, epoch: Int = 0, epochs: Int = 0, step: Int = 0, steps: Int = 0, examplesPerSecond: Double = 0,
        replayShare: Double = 0, points: [Point] = []
    ) {
        self.attempt = attempt
        self.epoch = epoch
        self.epochs = epochs
        self.step = step
        self.steps = steps
        self.examplesPerSecond = examplesPerSecond
        self.replayShare = replayShare
        self.points = points
        let spacing = zip(points, points.dropFirst()).map { $1.step - $0.step }.max() ?? 1
        stride = max(1, spacing)
    }

    /// Steps between two points.
    private var stride = 1
    private var sum = 0.0
    private var count = 0

    /// Adds a step's loss.
    public mutating func observe(step: Int, loss: Double) {
        self.step = step
        sum += loss
        count += 1
        guard count >= stride || points.isEmpty else { return }
        points.append(Point(step: step, loss: sum / Double(count)))
        (sum, count) = (0, 0)
        guard points.count > Self.maximumPoints else { return }
        // Two neighbours become one, which keeps their mean. The newest has none yet: it waits for what comes next.
        let newest = points.count.isMultiple(of: 2) ? nil : points.last
        points = Swift.stride(from: 0, to: points.count - 1, by: 2).map {
            Point(step: points[$0 + 1].step, loss: (points[$0].loss + points[$0 + 1].loss) / 2)
        }
        if let newest { (sum, count) = (newest.loss * Double(stride), stride) }
        stride *= 2
    }

    enum CodingKeys: String, CodingKey {
        case attempt, epoch, epochs, step, steps, points
        case examplesPerSecond = "examples_per_second"
        case replayShare = "replay_share"
    }
}
