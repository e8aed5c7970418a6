import Evaluation
import Foundation
import Pipeline
import Schema

/// What a stream came to: the accuracy matrix on test rows, the metrics over it, and what it cost.
struct StreamResult: Encodable {
    /// Name of the recipe.
    let recipe: String
    let seed: UInt64
    private(set) var report: ForgettingReport
    /// Over all test rows after the last experience.
    private(set) var finalAccuracy = 0.0
    private(set) var seconds = 0.0
    private(set) var trainingSeconds = 0.0
    private(set) var trained = 0
    private(set) var replayBytes = 0
    private(set) var replayExamples = 0
    private(set) var verdicts: [Verdict] = []
    private let start = ContinuousClock.now

    /// `R[i−1,i]` and `b[i]`, for forward transfer.
    private var beforeLearning: [Double?] = []
    private var untrained: [Double?] = []

    init(_ recipe: Recipe) throws {
        self.recipe = recipe.name
        seed = recipe.seed
        report = ForgettingReport(task: try TaskName("stream"), slices: [], versions: [], accuracy: [])
    }

    /// New and replayed examples trained on in a second of training.
    var examplesPerSecond: Double { trainingSeconds > 0 ? Double(trained) / trainingSeconds : 0 }

    mutating func add(_ result: Learner.Result, memoryBytes: Int, exemplars: Int) {
        trained += result.trained
        trainingSeconds += result.trainingSeconds
        replayBytes = memoryBytes
        replayExamples = exemplars
        verdicts.append(result.verdict)
    }

    /// What was known of a slice before its examples were learned.
    ///
    /// - Parameters:
    ///   - correct: of the version before; empty where there was none.
    ///   - untrained: of a model that scores every label alike.
    mutating func addBeforeLearning(_ correct: [Bool], untrained: [Bool]) {
        beforeLearning.append(correct.isEmpty ? nil : Self.share(correct))
        self.untrained.append(Self.share(untrained))
    }

    /// - Parameters:
    ///   - slices: new in this version.
    ///   - correct: for each slice up to these, whether each test row was answered right.
    mutating func add(slices: [ForgettingReport.Slice], correct: [[Bool]]) {
        report.slices += slices
        report.versions.append("v\(report.versions.count + 1)")
        report.accuracy.append(correct.map(Self.share))
        finalAccuracy = Self.share(Array(correct.joined()))
    }

    private static func share(_ correct: [Bool]) -> Double {
        Double(correct.count { $0 }) / Double(max(correct.count, 1))
    }

    mutating func finish() {
        seconds = Measurement.seconds(since: start)
        let columns = report.slices.count
        for row in report.accuracy.indices {
            report.accuracy[row] += Array(repeating: nil, count: columns - report.accuracy[row].count)
        }
        report = report.withMetrics(beforeLearning: beforeLearning, untrained: untrained)
    }

    enum CodingKeys: String, CodingKey {
        case recipe, seed
        case finalAccuracy = "final_accuracy"
        case accuracy, forgetting
        case averageAccuracy = "average_accuracy"
        case backwardTransfer = "backward_transfer"
        case forwardTransfer = "forward_transfer"
        case plasticity
        case minimumAccuracy = "min_accuracy"
        case averageAnytimeAccuracy = "average_anytime_accuracy"
        case seconds
        case trainingSeconds = "training_seconds"
        case examplesPerSecond = "examples_per_second"
        case replayBytes = "replay_bytes"
        case replayExamples = "replay_examples"
        case verdicts
    }

    func encode(to encoder: any Encoder) throws {
        var values = encoder.container(keyedBy: CodingKeys.self)
        try values.encode(recipe, forKey: .recipe)
        try values.encode(seed, forKey: .seed)
        try values.encode(finalAccuracy, forKey: .finalAccuracy)
        try values.encode(report.accuracy, forKey: .accuracy)
        try values.encode(report.averageAccuracy, forKey: .averageAccuracy)
        try values.encode(report.forgetting, forKey: .forgetting)
        try values.encode(report.backwardTransfer, forKey: .backwardTransfer)
        try values.encode(report.forwardTransfer, forKey: .forwardTransfer)
        try values.encode(report.plasticity, forKey: .plasticity)
        try values.encode(report.minimumAccuracy, forKey: .minimumAccuracy)
        try values.encode(report.averageAnytimeAccuracy, forKey: .averageAnytimeAccuracy)
        try values.encode(seconds, forKey: .seconds)
        try values.encode(trainingSeconds, forKey: .trainingSeconds)
        try values.encode(examplesPerSecond, forKey: .examplesPerSecond)
        try values.encode(replayBytes, forKey: .replayBytes)
        try values.encode(replayExamples, forKey: .replayExamples)
        try values.encode(verdicts, forKey: .verdicts)
    }
}
