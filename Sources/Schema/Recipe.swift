/// How a task learns: everything an update needs to know besides its data. One YAML file in `Configs/recipes`.
public struct Recipe: Sendable, Hashable, Codable {
    public var name = "default"
    public var adapter = AdapterOptions()
    public var optimization = Optimization()
    public var replay = ReplayOptions()
    public var gate = GateOptions()
    /// Texts are truncated to this many tokens, special ones included.
    public var maximumLength = 128
    public var seed: UInt64 = 0
    public var threads = 2

    public init() {}

    /// Low-rank adapter: Hu et al. 2021; rsLoRA scaling α/√r: Kalajdzievski 2023.
    public struct AdapterOptions: Sendable, Hashable, Codable {
        public var rank = 8
        public var alpha = 16.0
        public var rankStabilized = false
        /// Dropout on the adapter's input during training, 0 to 1.
        public var dropout = 0.0
        public var targets = TargetModule.allCases
        /// Mean-pooled features are L2-normalised and multiplied by this before the head.
        public var featureScale = 10.0
        public init() {}

        enum CodingKeys: String, CodingKey {
            case rank, alpha
            case rankStabilized = "rank_stabilized"
            case dropout, targets
            case featureScale = "feature_scale"
        }
    }

    public struct Optimization: Sendable, Hashable, Codable {
        public var epochs = 3
        /// New examples in a batch; replayed ones come on top.
        public var batchSize = 32
        public var learningRate = 2e-3
        public var weightDecay = 0.0
        public var beta1 = 0.9
        public var beta2 = 0.999
        public var epsilon = 1e-8
        public var warmupSteps = 20
        public var schedule = Schedule.linear
        public var gradientClip = 1.0
        /// Stop after this many epochs without improvement on the update's own held-out part; 0 = never.
        public var patience = 2
        public init() {}

        enum CodingKeys: String, CodingKey {
            case epochs
            case batchSize = "batch_size"
            case learningRate = "learning_rate"
            case weightDecay = "weight_decay"
            case beta1, beta2, epsilon
            case warmupSteps = "warmup_steps"
            case schedule
            case gradientClip = "gradient_clip"
            case patience
        }
    }

    public enum Schedule: String, Sendable, Hashable, Codable { case constant, linear, cosine }

    public struct ReplayOptions: Sendable, Hashable, Codable {
        /// 0 keeps nothing: plain fine-tuning.
        public var examples = 1_000
        public var bytes = 1_048_576
        public var retention = Retention.classBalanced
        public var sampling = Sampling.stratified
        /// Replayed examples for each new one in a batch.
        public var ratio = 1.0
        public init() {}

        public enum Retention: String, Sendable, Hashable, Codable {
            case classBalanced = "class-balanced"
            case reservoir
            case window
        }
        public enum Sampling: String, Sendable, Hashable, Codable { case uniform, stratified }
    }

    public struct GateOptions: Sendable, Hashable, Codable {
        /// Accuracy an old slice may lose, beyond chance.
        public var tolerance = 0.02
        /// One-sided confidence of the paired test.
        public var confidence = 0.95
        /// Retries, each with twice the replay, before an update is rejected.
        public var retries = 2
        public init() {}
    }

    enum CodingKeys: String, CodingKey {
        case name, adapter, optimization, replay, gate
        case maximumLength = "max_length"
        case seed, threads
    }
}

/// The frozen projections a low-rank update may be added to.
public enum TargetModule: String, Sendable, Hashable, Codable, CaseIterable {
    case query, key, value
    case attentionOutput = "attention_output"
    case intermediate, output
}
