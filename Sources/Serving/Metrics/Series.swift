import CoreMetrics
import Synchronization

/// One family's values under one set of labels.
protocol Series: AnyObject, Sendable {
    func write(_ name: String, _ labels: PrometheusText.Labels, to text: inout PrometheusText)
}

final class CounterSeries: Series, CounterHandler {
    private let value = Atomic<Int64>(0)

    func increment(by amount: Int64) { value.wrappingAdd(amount, ordering: .relaxed) }
    func reset() { value.store(0, ordering: .relaxed) }

    func write(_ name: String, _ labels: PrometheusText.Labels, to text: inout PrometheusText) {
        text.sample(name, labels, Int(value.load(ordering: .relaxed)))
    }
}

final class GaugeSeries: Series, RecorderHandler {
    private let value = Mutex(0.0)

    func record(_ value: Int64) { record(Double(value)) }
    func record(_ value: Double) { self.value.withLock { $0 = value } }

    func write(_ name: String, _ labels: PrometheusText.Labels, to text: inout PrometheusText) {
        text.sample(name, labels, value.withLock { $0 })
    }
}

final class HistogramSeries: Series, RecorderHandler, TimerHandler {
    private let histogram: Mutex<Histogram>

    init(bounds: [Double]) { histogram = Mutex(Histogram(bounds: bounds)) }

    func record(_ value: Int64) { record(Double(value)) }
    func record(_ value: Double) { histogram.withLock { $0.observe(value) } }
    func recordNanoseconds(_ duration: Int64) { record(Double(duration) / 1e9) }

    func write(_ name: String, _ labels: PrometheusText.Labels, to text: inout PrometheusText) {
        text.histogram(name, labels, histogram.withLock { $0 })
    }
}
