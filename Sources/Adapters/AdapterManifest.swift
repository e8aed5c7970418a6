import Schema

/// `perennial.json`: what neither PEFT nor safetensors has a place for.
struct AdapterManifest: Codable {
    static let currentFormat = 1

    var format = currentFormat
    /// In the order of the head's rows.
    var labels: [String]
    var features: Features
    var lineage: AdapterLineage

    /// How the last layer becomes the head's input.
    struct Features: Codable {
        var pooling = "mean"
        var normalization = "l2"
        var scale: Double
    }

    init(_ adapter: ClassifierAdapter, lineage: AdapterLineage) {
        labels = adapter.labels
        features = Features(scale: adapter.options.featureScale)
        self.lineage = lineage
    }

    func requireSupported() throws(AdapterError) {
        func require(_ condition: Bool, _ field: String, _ value: Any, _ expected: String) throws(AdapterError) {
            guard !condition else { return }
            throw .unsupported(file: AdapterFiles.manifest, field: field, value: "\(value)", expected: expected)
        }
        try require(format == Self.currentFormat, "format", format, "\(Self.currentFormat)")
        try require(features.pooling == "mean", "features.pooling", features.pooling, "mean")
        try require(features.normalization == "l2", "features.normalization", features.normalization, "l2")
    }
}
