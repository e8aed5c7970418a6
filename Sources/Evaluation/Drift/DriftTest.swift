import Schema

/// One of the tests that drift is judged by.
enum DriftTest: String, Sendable, Codable, CaseIterable {
    case inputDiscrepancy, inputClassifier
    case length, unknownTokens
    case predictionStability, predictionDistance, confidence
    case labelStability, labelDistance
    case accuracy

    /// Where its observations come from.
    enum Source: String, Sendable, Codable, CaseIterable {
        case features, predictions, arrivals, answers
    }

    /// What a test gave.
    struct Result: Sendable, Codable, Hashable {
        var value: Double
        var pValue: Double
        /// Samples on either side.
        var reference: Int
        var current: Int
        var from: Double
        var to: Double
    }

    var source: Source {
        switch self {
        case .inputDiscrepancy, .inputClassifier: .features
        case .length, .unknownTokens, .predictionStability, .predictionDistance, .confidence: .predictions
        case .labelStability, .labelDistance: .arrivals
        case .accuracy: .answers
        }
    }

    var kind: DriftKind {
        switch self {
        case .inputDiscrepancy, .inputClassifier: .input
        case .length: .length
        case .unknownTokens: .unknownTokens
        case .predictionStability, .predictionDistance: .prediction
        case .confidence: .confidence
        case .labelStability, .labelDistance: .label
        case .accuracy: .performance
        }
    }

    var statistic: String {
        switch self {
        case .inputDiscrepancy: "mmd"
        case .inputClassifier: "auc"
        case .length, .unknownTokens, .predictionStability, .labelStability: "psi"
        case .predictionDistance, .labelDistance: "js"
        case .confidence: "ks"
        case .accuracy: "accuracy"
        }
    }

    /// Whether its p-value is counted over permutations: it is never below one of them.
    var isPermuted: Bool {
        switch self {
        case .inputDiscrepancy, .length, .unknownTokens, .predictionStability, .predictionDistance, .labelStability,
            .labelDistance:
            true
        case .inputClassifier, .confidence, .accuracy: false
        }
    }

    /// Whether the value says that something moved; with `fully`, that it is drift.
    func isOver(_ value: Double, _ options: DriftOptions, referenceAccuracy: Double, fully: Bool = false) -> Bool {
        switch self {
        case .inputDiscrepancy, .confidence: true
        case .inputClassifier: value >= options.areaUnderCurve
        case .length, .unknownTokens, .predictionStability, .labelStability:
            value >= (fully ? options.stability : options.stabilityWatch)
        case .predictionDistance, .labelDistance: value >= options.jensenShannon
        case .accuracy: value <= referenceAccuracy - options.accuracyDrop
        }
    }

    /// What a verdict shows as its threshold.
    func threshold(_ options: DriftOptions, referenceAccuracy: Double?) -> Double? {
        switch self {
        case .inputDiscrepancy, .confidence: options.pValue
        case .inputClassifier: options.areaUnderCurve
        case .length, .unknownTokens, .predictionStability, .labelStability: options.stability
        case .predictionDistance, .labelDistance: options.jensenShannon
        case .accuracy: referenceAccuracy.map { $0 - options.accuracyDrop }
        }
    }
}
