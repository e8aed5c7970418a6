import Adapters
import Schema

extension Recipe {
    /// - Throws: ``TrainingError/invalidOption(field:value:expected:)``, `AdapterError.invalidOption`.
    public func validateForTraining() throws {
        func require(_ condition: Bool, _ field: String, _ value: Any, _ expected: String) throws {
            if !condition { throw TrainingError.invalidOption(field: field, value: "\(value)", expected: expected) }
        }
        try adapter.validate()
        let options = optimization
        try require((1...10_000).contains(options.epochs), "optimization.epochs", options.epochs, "1 to 10000")
        try require((1...4_096).contains(options.batchSize), "optimization.batch_size", options.batchSize, "1 to 4096")
        try require(
            options.learningRate > 0 && options.learningRate.isFinite, "optimization.learning_rate",
            options.learningRate, "positive")
        try require(
            options.weightDecay >= 0 && options.weightDecay.isFinite, "optimization.weight_decay",
            options.weightDecay, "at least 0")
        try require((0..<1).contains(options.beta1), "optimization.beta1", options.beta1, "at least 0 and below 1")
        try require((0..<1).contains(options.beta2), "optimization.beta2", options.beta2, "at least 0 and below 1")
        try require(options.epsilon > 0, "optimization.epsilon", options.epsilon, "positive")
        try require(options.warmupSteps >= 0, "optimization.warmup_steps", options.warmupSteps, "at least 0")
        try require(
            options.gradientClip >= 0, "optimization.gradient_clip", options.gradientClip, "at least 0; 0 is off")
        try require(
            (0...2).contains(options.logitAdjustment), "optimization.logit_adjustment", options.logitAdjustment,
            "0 to 2")
        try require(
            (0...1_000_000).contains(options.minimumSteps), "optimization.min_steps", options.minimumSteps,
            "0 to 1000000")
        try require((0...10_000).contains(options.deepening), "optimization.deepening", options.deepening, "0 to 10000")
        try require(options.patience >= 0, "optimization.patience", options.patience, "at least 0; 0 is off")
        try require((0...64).contains(replay.ratio), "replay.ratio", replay.ratio, "0 to 64")
        try require((1...256).contains(threads), "threads", threads, "1 to 256")
    }
}
