import Schema

/// What the serving adapter was trained and judged on, as far as drift is measured against it: a sample of its
/// held-out examples without their texts, answered by the adapter.
package struct DriftReference: Sendable, Codable {
    package var adapter: AdapterReference
    /// Of the adapter.
    package var labels: [String]
    /// Examples trained on, for each label.
    package var trained: [Int]
    package var examples: [Answered]

    /// A held-out example and the adapter's answer to it.
    package struct Answered: Sendable, Codable {
        /// In the ledger.
        package var sequence: Int64
        /// Position in ``labels``.
        package var predicted: Int
        package var confidence: Float
        package var isCorrect: Bool
        /// Tokens, special ones included.
        package var length: Int
        package var unknown: Int
        /// Position of its label in ``labels``; of the frozen base, for some of the examples.
        package var label: Int
        package var features: PackedFeatures?

        package init(
            sequence: Int64, label: Int, predicted: Int, confidence: Float, length: Int, unknown: Int,
            features: PackedFeatures?
        ) {
            self.sequence = sequence
            self.label = label
            self.predicted = predicted
            self.confidence = confidence
            self.length = length
            self.unknown = unknown
            self.features = features
            isCorrect = label == predicted
        }
    }

    /// Held-out examples that are answered, and those of them that are embedded by the base too.
    package static let answeredLimit = 500
    package static let embeddedLimit = 250

    package init(adapter: AdapterReference, labels: [String], trained: [Int], examples: [Answered]) {
        precondition(trained.count == labels.count, "one count for each label")
        self.adapter = adapter
        self.labels = labels
        self.trained = trained
        self.examples = examples
    }

    var correct: Int { examples.count { $0.isCorrect } }
    var accuracy: Double { examples.isEmpty ? 0 : Double(correct) / Double(examples.count) }

    var calibration: CalibrationBins {
        examples.reduce(into: CalibrationBins()) {
            $0.add(confidence: Double($1.confidence), isCorrect: $1.isCorrect)
        }
    }

    var embedded: [[Float]] { examples.compactMap { $0.features?.values } }

    /// Mean feature vector of each label that has any, of length 1.
    var classMeans: FeatureMatrix? {
        var sums: [Int: [Float]] = [:]
        for example in examples {
            guard let features = example.features?.values else { continue }
            let sum = sums[example.label]
            sums[example.label] = sum.map { zip($0, features).map(+) } ?? features
        }
        guard let width = sums.values.first?.count else { return nil }
        let rows = sums.sorted { $0.key < $1.key }.map { _, sum in
            let length = sum.reduce(0) { $0 + $1 * $1 }.squareRoot()
            return length > 0 ? sum.map { $0 / length } : sum
        }
        return FeatureMatrix(rows, width: width)
    }

    /// Chooses which held-out examples stand for the training data: for each label in proportion to what was trained
    /// on, because held-out slices are thinned towards equal shares; within a label the first by `order`.
    ///
    /// - Parameter candidates: label and a number that orders them at random, of each held-out example.
    /// - Returns: at most `limit` positions in `candidates`.
    package static func sample(
        _ candidates: [(label: String, order: UInt64)], trained: [String: Int], limit: Int = answeredLimit
    ) -> [Int] {
        let byLabel = Dictionary(grouping: candidates.indices) { candidates[$0].label }
        let total = byLabel.keys.reduce(0) { $0 + (trained[$1] ?? 0) }
        guard total > 0 else { return [] }
        let size = min(limit, candidates.count)
        let chosen = byLabel.sorted { $0.key < $1.key }.flatMap { label, positions -> [Int] in
            let quota = Int((Double(size) * Double(trained[label] ?? 0) / Double(total)).rounded())
            return Array(positions.sorted { candidates[$0].order < candidates[$1].order }.prefix(max(1, quota)))
        }
        // In an order that has nothing to do with labels, so that any part of it is a fair sample too.
        return Array(chosen.sorted { candidates[$0].order < candidates[$1].order }.prefix(limit))
    }
}
