/// Confidence against accuracy in bins of equal width: what a calibration curve is drawn from.
///
/// - SeeAlso: Guo et al. 2017, On Calibration of Modern Neural Networks, section 2.
package struct CalibrationBins: Sendable, Hashable, Codable {
    package struct Bin: Sendable, Hashable, Codable {
        package var count = 0.0
        package var confidence = 0.0
        package var correct = 0.0
        package init() {}
    }

    package private(set) var bins: [Bin]

    package init(count: Int = 10) { bins = Array(repeating: Bin(), count: count) }

    /// Answers taken, faded ones counted by what is left of them.
    package var count: Double { bins.reduce(0) { $0 + $1.count } }

    /// - Parameters:
    ///   - confidence: score of the answer, 0 to 1.
    ///   - fading: what older answers count for from now on; 1 keeps them all.
    package mutating func add(confidence: Double, isCorrect: Bool, fading: Double = 1) {
        if fading < 1 {
            for index in bins.indices {
                bins[index].count *= fading
                bins[index].confidence *= fading
                bins[index].correct *= fading
            }
        }
        let bin = min(bins.count - 1, max(0, Int(confidence * Double(bins.count))))
        bins[bin].count += 1
        bins[bin].confidence += confidence
        if isCorrect { bins[bin].correct += 1 }
    }

    /// Expected calibration error: mean distance of confidence and accuracy over all answers, 0 to 1; `nil` when empty.
    package var expectedError: Double? {
        let all = count
        guard all > 0 else { return nil }
        return bins.reduce(0) { $0 + abs($1.confidence - $1.correct) } / all
    }
}
