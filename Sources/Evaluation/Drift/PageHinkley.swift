/// Page–Hinkley test: how far the sum of what exceeds the running mean has risen above its lowest point (or fallen
/// below its highest).
///
/// - SeeAlso: Page 1954, Continuous Inspection Schemes; Gama et al. 2014, A Survey on Concept Drift Adaptation,
///   section 3.2. Forgetting factor and both directions as in River.
package struct PageHinkley: Sendable, Hashable, Codable {
    /// Change of the mean that is tolerated.
    package let delta: Double
    /// Excess at which a change is told.
    package let threshold: Double
    /// Factor by which older excess counts less with each value.
    private static let fading = 0.9999
    private static let leastValues = 30

    private var count = 0
    private var mean = 0.0
    private var rising = 0.0
    private var falling = 0.0
    private var lowest: Double?
    private var highest = -1.0
    private var isAlarmed = false

    package init(delta: Double = 0.005, threshold: Double = 50) {
        self.delta = delta
        self.threshold = threshold
    }

    /// Excess upwards so far: what is held against the threshold.
    package var rise: Double { rising - (lowest ?? rising) }
    package var fall: Double { highest - falling }

    /// Takes a value; tells when the mean has moved. After that the next value starts afresh.
    package mutating func add(_ value: Double) -> AdaptiveWindow.Change? {
        if isAlarmed { self = PageHinkley(delta: delta, threshold: threshold) }
        count += 1
        mean += (value - mean) / Double(count)
        let distance = value - mean
        rising = Self.fading * rising + distance - delta
        falling = Self.fading * falling + distance + delta
        lowest = min(lowest ?? rising, rising)
        highest = max(highest, falling)
        guard count >= Self.leastValues else { return nil }
        let change: AdaptiveWindow.Change? = rise > threshold ? .rise : fall > threshold ? .fall : nil
        isAlarmed = change != nil
        return change
    }
}
