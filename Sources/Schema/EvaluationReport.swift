/// How one version answered the held-out examples: label by label, what it confuses, and whether its scores can be
/// taken at their word.
public struct EvaluationReport: Sendable, Hashable, Codable {
    public var version: String
    /// Held-out examples that are still there.
    public var examples: Int
    public var correct: Int
    /// By accuracy, lowest first; equals by examples, most first.
    public var labels: [Label]
    /// Most frequent first, at most ``maximumConfusions``.
    public var confusions: [Confusion]
    /// Ten equal intervals of the score, without empty ones.
    public var calibration: [CalibrationBin]
    /// Expected calibration error: mean over examples of |accuracy − mean score| of their interval.
    ///
    /// - SeeAlso: Guo et al. 2017, On Calibration of Modern Neural Networks, section 2.
    public var calibrationError: Double?

    public static let maximumConfusions = 50
    public static let calibrationBins = 10

    public struct Label: Sendable, Hashable, Codable {
        public var label: String
        public var examples: Int
        public var correct: Int
        /// How often it was answered, right or wrong.
        public var predicted: Int
        public init(label: String, examples: Int, correct: Int, predicted: Int) {
            self.label = label
            self.examples = examples
            self.correct = correct
            self.predicted = predicted
        }

        /// `nil` for a label that is answered, but not held out.
        public var accuracy: Double? { examples > 0 ? Double(correct) / Double(examples) : nil }
    }

    public struct Confusion: Sendable, Hashable, Codable {
        public var expected: String
        public var predicted: String
        public var count: Int
        public init(expected: String, predicted: String, count: Int) {
            self.expected = expected
            self.predicted = predicted
            self.count = count
        }
    }

    public struct CalibrationBin: Sendable, Hashable, Codable {
        public var lower: Double
        public var upper: Double
        public var examples: Int
        /// Mean score of the answers in it.
        public var score: Double
        public var accuracy: Double
        public init(lower: Double, upper: Double, examples: Int, score: Double, accuracy: Double) {
            self.lower = lower
            self.upper = upper
            self.examples = examples
            self.score = score
            self.accuracy = accuracy
        }
    }

    /// One held-out example and what it was answered with.
    public struct Answer: Sendable, Hashable {
        public var expected: String
        public var predicted: String
        /// Probability of the predicted label.
        public var score: Double
        public init(expected: String, predicted: String, score: Double) {
            self.expected = expected
            self.predicted = predicted
            self.score = score
        }
    }

    enum CodingKeys: String, CodingKey {
        case version, examples, correct, labels, confusions, calibration
        case calibrationError = "calibration_error"
    }

    /// - Complexity: O(n log n) in the answers.
    public init(version: String, answers: [Answer]) {
        self.version = version
        examples = answers.count
        correct = answers.count { $0.expected == $0.predicted }
        labels = Self.labels(answers)
        confusions = Self.confusions(answers)
        calibration = Self.calibration(answers)
        let gap = calibration.reduce(0.0) { $0 + Double($1.examples) * abs($1.accuracy - $1.score) }
        calibrationError = answers.isEmpty ? nil : gap / Double(answers.count)
    }

    private static func labels(_ answers: [Answer]) -> [Label] {
        var labels: [String: Label] = [:]
        for answer in answers {
            let new = { Label(label: $0, examples: 0, correct: 0, predicted: 0) }
            labels[answer.expected, default: new(answer.expected)].examples += 1
            labels[answer.predicted, default: new(answer.predicted)].predicted += 1
            if answer.expected == answer.predicted { labels[answer.expected]?.correct += 1 }
        }
        return labels.values.sorted {
            ($0.accuracy ?? 2, -$0.examples, $0.label) < ($1.accuracy ?? 2, -$1.examples, $1.label)
        }
    }

    private static func confusions(_ answers: [Answer]) -> [Confusion] {
        struct Pair: Hashable { var expected, predicted: String }
        var counts: [Pair: Int] = [:]
        for answer in answers where answer.expected != answer.predicted {
            counts[Pair(expected: answer.expected, predicted: answer.predicted), default: 0] += 1
        }
        let sorted = counts.sorted {
            (-$0.value, $0.key.expected, $0.key.predicted) < (-$1.value, $1.key.expected, $1.key.predicted)
        }
        return sorted.prefix(maximumConfusions).map {
            Confusion(expected: $0.key.expected, predicted: $0.key.predicted, count: $0.value)
        }
    }

    private static func calibration(_ answers: [Answer]) -> [CalibrationBin] {
        let count = calibrationBins
        let bins = Dictionary(grouping: answers) { min(max(Int($0.score * Double(count)), 0), count - 1) }
        return bins.sorted { $0.key < $1.key }.map { index, answers in
            CalibrationBin(
                lower: Double(index) / Double(count), upper: Double(index + 1) / Double(count),
                examples: answers.count, score: answers.reduce(0) { $0 + $1.score } / Double(answers.count),
                accuracy: Double(answers.count { $0.expected == $0.predicted }) / Double(answers.count))
        }
    }
}
