import CoreMetrics
import Synchronization

/// Backend of swift-metrics: keeps every series of this process in memory, for Prometheus to scrape.
///
/// Names are written as Prometheus wants them: characters other than letters, digits and `_` become `_`, a counter's name
/// ends in `_total`, a timer's in `_seconds`. Timers and aggregating recorders are histograms, other recorders gauges.
/// The same name and labels always give the same series; a name that is used for another kind already is given that
/// kind as a suffix, because one family has one kind.
public final class PrometheusRegistry: MetricsFactory, Sendable {
    /// What a scrape says of a family.
    public struct Description: Sendable {
        public var help: String
        /// Upper bounds of a histogram's buckets, ascending.
        public var bounds: [Double]?

        /// - Parameter bounds: `nil` for the usual ones of a duration.
        public init(_ help: String, bounds: [Double]? = nil) {
            self.help = help
            self.bounds = bounds
        }
    }

    private struct Family {
        var kind: PrometheusText.Kind
        var series: [Labels: any Series] = [:]
    }

    private let descriptions: [String: Description]
    private let families = Mutex<[String: Family]>([:])

    /// - Parameter descriptions: help and buckets by the families' written names; a name that is not described is its
    ///   own help.
    public init(descriptions: [String: Description] = [:]) { self.descriptions = descriptions }

    public func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
        series(label, suffix: "_total", .counter, dimensions) { CounterSeries() }
    }

    public func makeRecorder(label: String, dimensions: [(String, String)], aggregate: Bool) -> any RecorderHandler {
        if !aggregate { return series(label, suffix: "", .gauge, dimensions) { GaugeSeries() } }
        let bounds = descriptions[Self.name(label, suffix: "")]?.bounds ?? Histogram.seconds
        return series(label, suffix: "", .histogram, dimensions) { HistogramSeries(bounds: bounds) }
    }

    public func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
        let bounds = descriptions[Self.name(label, suffix: "_seconds")]?.bounds ?? Histogram.seconds
        return series(label, suffix: "_seconds", .histogram, dimensions) { HistogramSeries(bounds: bounds) }
    }

    public func destroyCounter(_ handler: any CounterHandler) { remove { $1 === handler } }
    public func destroyRecorder(_ handler: any RecorderHandler) { remove { $1 === handler } }
    public func destroyTimer(_ handler: any TimerHandler) { remove { $1 === handler } }

    /// Ends every series that has this label.
    public func removeSeries(where name: String, is value: String) {
        remove { labels, _ in labels.pairs.contains(Labels.Pair(name: name, value: value)) }
    }

    /// A family that is scraped before it has any series, so that what asks for it finds it from the start.
    ///
    /// - Parameter name: as it is written.
    func announce(_ name: String, _ kind: PrometheusText.Kind) {
        families.withLock { families in families[name] = families[name] ?? Family(kind: kind) }
    }

    package func write(to text: inout PrometheusText) {
        for (name, family) in families.withLock({ $0 }).sorted(by: { $0.key < $1.key }) {
            text.family(name, family.kind, descriptions[name]?.help ?? name)
            for (labels, series) in family.series.sorted(by: { $0.key < $1.key }) {
                series.write(name, labels.pairs.map { ($0.name, $0.value) }, to: &text)
            }
        }
    }

    private func series<Kept: Series>(
        _ label: String, suffix: String, _ kind: PrometheusText.Kind, _ dimensions: [(String, String)],
        make: () -> Kept
    ) -> Kept {
        let labels = Labels(dimensions)
        return families.withLock { families in
            var name = Self.name(label, suffix: suffix)
            if let taken = families[name], taken.kind != kind { name += "_\(kind.rawValue)" }
            var family = families[name] ?? Family(kind: kind)
            if let known = family.series[labels] as? Kept { return known }
            let made = make()
            family.series[labels] = made
            families[name] = family
            return made
        }
    }

    private func remove(where isEnded: (Labels, any Series) -> Bool) {
        families.withLock { families in
            families = families.mapValues { family in
                Family(kind: family.kind, series: family.series.filter { !isEnded($0.key, $0.value) })
            }
        }
    }

    private static func name(_ label: String, suffix: String) -> String {
        let name = String(
            decoding: label.unicodeScalars.map { scalar -> UInt8 in
                switch scalar {
                case "a"..."z", "A"..."Z", "0"..."9": UInt8(scalar.value)
                default: UInt8(ascii: "_")
                }
            }, as: UTF8.self)
        return name.hasSuffix(suffix) ? name : name + suffix
    }
}

/// Labels of a series, by name.
private struct Labels: Hashable, Comparable {
    struct Pair: Hashable {
        var name: String
        var value: String
    }

    let pairs: [Pair]

    init(_ dimensions: [(String, String)]) {
        pairs = dimensions.map { Pair(name: $0.0, value: $0.1) }
    }

    static func < (left: Self, right: Self) -> Bool {
        left.pairs.lexicographicallyPrecedes(right.pairs) { ($0.name, $0.value) < ($1.name, $1.value) }
    }
}
