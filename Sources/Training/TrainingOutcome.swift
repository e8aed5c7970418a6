import Adapters

/// How far a run is.
public struct TrainingProgress: Sendable, Hashable {
    /// 1-based.
    public var epoch: Int
    public var epochs: Int
    /// 1-based, over all epochs.
    public var step: Int
    public var steps: Int
    /// Of this step's batch.
    public var loss: Float
    /// Shown so far, each as often as it was shown.
    public var newExamples: Int
    public var replayedExamples: Int
    /// New and replayed examples learned in a second, so far.
    public var examplesPerSecond: Double

    /// 0 to 1.
    public var fraction: Double { Double(step) / Double(steps) }
}

/// What a run has learned, and at what cost.
public struct TrainingOutcome: Sendable {
    public var adapter: ClassifierAdapter
    /// Mean loss of each epoch's batches.
    public var losses: [Float]
    /// Accuracy and loss on the held-out part after each epoch; empty without one.
    public var heldOut: [EarlyStopping.Score]
    /// 1-based epoch the adapter's weights are from.
    public var epoch: Int
    public var stoppedEarly: Bool
    public var steps: Int
    /// Shown to the adapter, each as often as it was shown.
    public var newExamples: Int
    public var replayedExamples: Int
    /// How often each exemplar was learned again, in the order of the input's pool.
    public var rehearsals: [Int] = []
    public var tokens: Int
    /// From the first step to the last, without held-out evaluation.
    public var trainingSeconds: Double
    /// Of the whole run.
    public var seconds: Double

    public var examplesPerSecond: Double {
        trainingSeconds > 0 ? Double(newExamples + replayedExamples) / trainingSeconds : 0
    }
}
