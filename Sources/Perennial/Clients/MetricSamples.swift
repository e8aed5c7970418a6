/// Samples of a Prometheus text, by name and labels.
struct MetricSamples {
    private var samples: [String: [(labels: String, value: Double)]] = [:]

    init(text: String) {
        for line in text.split(separator: "\n") where !line.hasPrefix("#") {
            guard let space = line.lastIndex(of: " "), let value = Double(line[line.index(after: space)...]) else {
                continue
            }
            let series = line[..<space]
            let brace = series.firstIndex(of: "{") ?? series.endIndex
            samples[String(series[..<brace]), default: []].append((String(series[brace...]), value))
        }
    }

    /// Sum over the series of `name` that carry all of `labels`; `nil` when there is none.
    func sum(_ name: String, _ labels: [String: String] = [:]) -> Double? {
        let matching = (samples[name] ?? []).filter { series in
            labels.allSatisfy { series.labels.contains("\($0.key)=\"\($0.value)\"") }
        }
        return matching.isEmpty ? nil : matching.reduce(0) { $0 + $1.value }
    }

    /// Upper bound of the bucket that holds the median of a histogram.
    func median(_ name: String, _ labels: [String: String] = [:]) -> Double? {
        guard let count = sum(name + "_count", labels), count > 0 else { return nil }
        let bounds = Set((samples[name + "_bucket"] ?? []).compactMap { bound(of: $0.labels) })
        for bound in bounds.sorted(by: { (Double($0) ?? .infinity) < (Double($1) ?? .infinity) }) {
            let below = sum(name + "_bucket", labels.merging(["le": bound], uniquingKeysWith: { $1 })) ?? 0
            if below >= count / 2 { return Double(bound) }
        }
        return nil
    }

    private func bound(of labels: String) -> String? {
        guard let range = labels.range(of: "le=\"") else { return nil }
        return String(labels[range.upperBound...].prefix { $0 != "\"" })
    }
}
