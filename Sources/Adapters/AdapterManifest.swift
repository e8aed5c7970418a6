import Schema

/// `perennial.json`: what neither PEFT nor safetensors has a place for.
struct AdapterManifest: Encodable {
    var format = currentFormat
    var labels: [String]
    var features: Features
    var lineage: AdapterLineage

    static let currentFormat = 1

    init(_ adapter: ClassifierAdapter, lineage: AdapterLineage) {
        labels = adapter.labels
        features = Features(scale: adapter.options.featureScale)
        self.lineage = lineage
    }

    /// How the last layer becomes the head's input.
    struct Features: Codable {
        var pooling = "mean"
        var normalization = "l2"
        var scale: Double
    }

    /// What answering needs. A lineage that another version wrote, with other recipe keys, does not stand in its way.
    struct Head: Decodable {
        var format: Int
        /// In the order of the head's rows.
        var labels: [String]
        var features: Features

        func requireSupported() throws(AdapterError) {
            func require(
                _ condition: Bool, _ field: String, _ value: Any, _ expected: String
            ) throws(AdapterError) {
                guard !condition else { return }
                throw .unsupported(file: AdapterFiles.manifest, field: field, value: "\(value)", expected: expected)
            }
            try require(format == currentFormat, "format", format, "\(currentFormat)")
            try require(features.pooling == "mean", "features.pooling", features.pooling, "mean")
            try require(features.normalization == "l2", "features.normalization", features.normalization, "l2")
        }
    }

    struct Origin: Decodable {
        var lineage: AdapterLineage
    }
}
