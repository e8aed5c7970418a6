/// How a task learns: everything an update needs to know besides its data. One YAML file in `Configs/recipes`.
public struct Recipe: Sendable, Hashable, Codable {
    /// As reports and lineages call it.
    public var name = "default"
    /// Which head may answer; held-out accuracy decides among those that may.
    public var head = Head.blend
    public var analytic = AnalyticOptions()
    public var method = Method.replay
    public var methodOptions = MethodOptions()
    public var adapter = AdapterOptions()
    public var optimization = Optimization()
    public var replay = ReplayOptions()
    public var gate = GateOptions()
    public var quarantine = QuarantineOptions()
    public var sharing = SharingOptions()
    /// Texts are truncated to this many tokens, special ones included.
    public var maximumLength = 128
    public var seed: UInt64 = 0
    public var threads = 2

    public init() {}

    public enum Head: String, Sendable, Hashable, NamedChoice { case blend, adapter, analytic }

    /// Streaming head in closed form.
    public struct AnalyticOptions: Sendable, Hashable, Codable {
        public var kind = Kind.auto
        /// The widest random projection; 0: features are taken as they are.
        public var projection = 4_096
        /// What a task's sums may take, when they are begun.
        public var bytes = 41_943_040
        /// λ of ridge regression, from where held-out answers choose.
        public var ridge = 30.0
        /// ε of discriminant analysis: how much of the covariance is replaced by the identity.
        public var shrinkage = 1e-4
        /// What labels that came with the last update are given on top of their scores, until the next one.
        public var recency = 0.09
        public init() {}

        public enum Kind: String, Sendable, Hashable, NamedChoice {
            /// Ridge regression; for as long as a task is small, whichever answers more held-out examples.
            case auto
            case ridge, lda
        }

        public func allows(_ fit: AnalyticFit.Kind) -> Bool { kind == .auto || kind.rawValue == fit.rawValue }

        /// Before anything was chosen.
        public var fit: AnalyticFit {
            kind == .lda ? AnalyticFit(.lda, strength: shrinkage) : AnalyticFit(.ridge, strength: ridge)
        }

        /// Widths of projections that fit, narrowest first.
        public func widths(labels: Int) -> [Int] {
            let sizes = Self.sizes.filter { $0 < projection } + [projection]
            return sizes.filter { $0 == 0 || 2 * $0 * $0 + 8 * $0 * labels <= bytes }
        }

        private static let sizes = [0, 256, 512, 1_024, 2_048, 3_072, 4_096, 6_144]
    }

    /// Low-rank adapter: Hu et al. 2021; rsLoRA scaling α/√r: Kalajdzievski 2023.
    public struct AdapterOptions: Sendable, Hashable, Codable {
        public var rank = 8
        public var alpha = 16.0
        public var rankStabilized = false
        /// Dropout on the adapter's input during training, 0 to 1.
        public var dropout = 0.0
        public var targets = TargetModule.allCases
        /// How many of the encoder's uppermost layers are adapted; 0 adapts all.
        public var layers = 4
        /// Mean-pooled features are L2-normalised and multiplied by this before the head.
        public var featureScale = 10.0
        public init() {}

        enum CodingKeys: String, CodingKey {
            case rank, alpha
            case rankStabilized = "rank_stabilized"
            case dropout, targets, layers
            case featureScale = "feature_scale"
        }
    }

    public struct Optimization: Sendable, Hashable, Codable {
        public var epochs = 1
        /// New examples in a batch; replayed ones come on top.
        public var batchSize = 32
        public var learningRate = 2e-3
        public var weightDecay = 0.0
        public var beta1 = 0.9
        public var beta2 = 0.999
        public var epsilon = 1e-8
        public var warmupSteps = 20
        /// Small updates run more epochs, until this many steps are made.
        public var minimumSteps = 16
        public var schedule = Schedule.linear
        public var gradientClip = 1.0
        /// How far the loss makes up for batches that show new labels more often than old ones: 0 not at all,
        /// 1 fully. Menon et al. 2021.
        public var logitAdjustment = 1.0
        /// Whether a new label's row of the head begins as the mean of its examples' features, or as zeros.
        public var imprint = true
        /// Epochs more, on all layers, where training made held-out answers significantly better; 0 = never.
        public var deepening = 4
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
            case minimumSteps = "min_steps"
            case schedule
            case gradientClip = "gradient_clip"
            case logitAdjustment = "logit_adjustment"
            case imprint, deepening
            case patience
        }
    }

    public enum Schedule: String, Sendable, Hashable, NamedChoice { case constant, linear, cosine }

    public struct ReplayOptions: Sendable, Hashable, Codable {
        /// 0 keeps nothing: plain fine-tuning.
        public var examples = 1_000
        public var bytes = 1_048_576
        public var retention = Retention.classBalanced
        public var sampling = Sampling.stratified
        /// Replayed examples for each new one in a batch.
        public var ratio = 1.0
        /// Also of an update that is tried again with more replay.
        public static let largestRatio = 64.0
        /// Whether an update begins with as little replay as may be, and replays more the more it is seen to forget;
        /// `ratio` is then the most.
        public var adaptive = false
        /// Exemplars that are looked at for each one that `interfered` sampling takes.
        public var candidates = 3
        public init() {}

        public enum Retention: String, Sendable, Hashable, NamedChoice {
            case classBalanced = "class-balanced"
            case reservoir
            case window
            case herding, coverage
            case lossAware = "loss-aware"

            /// Whether examples are chosen by what the learned adapter makes of them.
            public var isRanked: Bool { self == .herding || self == .coverage || self == .lossAware }
        }

        public enum Sampling: String, Sendable, Hashable, NamedChoice {
            case uniform, stratified
            case lossWeighted = "loss-weighted"
            case interfered
        }
    }

    public struct GateOptions: Sendable, Hashable, Codable {
        /// Accuracy an old slice may lose, beyond chance.
        public var tolerance = 0.02
        /// Accuracy an old slice may lose to new labels that resemble its own, beyond chance.
        public var growthTolerance = 0.05
        /// One-sided confidence of the paired test.
        public var confidence = 0.95
        /// Retries, each with twice the replay, before an update is rejected.
        public var retries = 2
        /// Held-out examples that are kept and judged by at most, the newest experience's included …
        public var examples = 2_000
        /// … and their UTF-8 bytes, whichever is reached first.
        public var bytes = 4_194_304
        /// Old slices of fewer examples are tested together.
        public var poolBelow = 50
        public init() {}

        enum CodingKeys: String, CodingKey {
            case tolerance
            case growthTolerance = "growth_tolerance"
            case confidence, retries, examples, bytes
            case poolBelow = "pool_below"
        }
    }

    /// Which new examples are set aside for review before they are learned.
    public struct QuarantineOptions: Sendable, Hashable, Codable {
        /// Share of good examples that may be set aside by mistake; 0 sets none aside.
        public var falseAlarms = 0.005
        /// Nearest neighbours whose labels an example's own is compared with.
        public var neighbours = 10
        public init() {}

        enum CodingKeys: String, CodingKey {
            case falseAlarms = "false_alarms"
            case neighbours
        }
    }

    /// What is out of range, with the remedy; `nil` when the recipe can be used.
    public var problem: String? {
        let checks: [(Bool, String)] = [
            (
                (0...8_192).contains(analytic.projection),
                "analytic.projection must be 0 (none) to 8192, not \(analytic.projection)"
            ),
            (
                analytic.bytes >= 0, "analytic.bytes cannot be negative, not \(analytic.bytes)"
            ),
            (
                analytic.shrinkage > 0 && analytic.shrinkage < 1,
                "analytic.shrinkage must lie between 0 and 1, not \(analytic.shrinkage)"
            ),
            (
                (0...1).contains(analytic.recency), "analytic.recency must be 0 (none) to 1, not \(analytic.recency)"
            ),
            (analytic.ridge > 0, "analytic.ridge must be above 0, not \(analytic.ridge)"),
            ((1...256).contains(adapter.rank), "adapter.rank must be 1 to 256, not \(adapter.rank)"),
            (
                adapter.alpha > 0 && adapter.alpha.isFinite,
                "adapter.alpha must be a number above 0, not \(adapter.alpha)"
            ),
            ((0..<1).contains(adapter.dropout), "adapter.dropout must be 0 up to 1, not \(adapter.dropout)"),
            (!adapter.targets.isEmpty, "adapter.targets must name at least one module"),
            (adapter.layers >= 0, "adapter.layers cannot be negative; 0 adapts all layers"),
            (
                adapter.featureScale > 0 && adapter.featureScale.isFinite,
                "adapter.feature_scale must be a number above 0, not \(adapter.featureScale)"
            ),
            (
                (0...Int(UInt32.max)).contains(replay.examples),
                "replay.examples must be 0 to \(UInt32.max), not \(replay.examples)"
            ),
            (
                (1_024...Int(UInt32.max)).contains(replay.bytes),
                "replay.bytes must be 1024 to \(UInt32.max), not \(replay.bytes)"
            ),
            (
                (0...ReplayOptions.largestRatio).contains(replay.ratio),
                "replay.ratio must be 0 to \(Int(ReplayOptions.largestRatio)), not \(replay.ratio)"
            ),
            ((0...1).contains(gate.tolerance), "gate.tolerance must be 0 to 1"),
            ((0...1).contains(gate.growthTolerance), "gate.growth_tolerance must be 0 to 1"),
            (gate.confidence > 0.5 && gate.confidence < 1, "gate.confidence must lie between 0.5 and 1"),
            ((0...10).contains(gate.retries), "gate.retries must be 0 to 10"),
            (gate.examples >= 1, "gate.examples must be at least 1, not \(gate.examples)"),
            (gate.bytes >= 1, "gate.bytes must be at least 1, not \(gate.bytes)"),
            (gate.poolBelow >= 0, "gate.pool_below cannot be negative"),
            ((0...0.1).contains(quarantine.falseAlarms), "quarantine.false_alarms must be 0 to 0.1"),
            ((1...100).contains(quarantine.neighbours), "quarantine.neighbours must be 1 to 100"),
            ((4...512).contains(maximumLength), "max_length must be 4 to 512, not \(maximumLength)"),
            ((1...64).contains(threads), "threads must be 1 to 64, not \(threads)"),
        ]
        return (checks + optimizationChecks + methodChecks + sharingChecks).first { !$0.0 }?.1
    }

    private var optimizationChecks: [(Bool, String)] {
        let options = optimization
        return [
            ((1...1_000).contains(options.epochs), "optimization.epochs must be 1 to 1000, not \(options.epochs)"),
            (
                (0...1_000_000).contains(options.minimumSteps),
                "optimization.min_steps must be 0 to 1000000, not \(options.minimumSteps)"
            ),
            (
                (1...4_096).contains(options.batchSize),
                "optimization.batch_size must be 1 to 4096, not \(options.batchSize)"
            ),
            (
                options.learningRate > 0 && options.learningRate.isFinite,
                "optimization.learning_rate must be a number above 0, not \(options.learningRate)"
            ),
            (
                options.weightDecay >= 0 && options.weightDecay.isFinite,
                "optimization.weight_decay must be a number of at least 0, not \(options.weightDecay)"
            ),
            ((0..<1).contains(options.beta1), "optimization.beta1 must be 0 up to 1, not \(options.beta1)"),
            ((0..<1).contains(options.beta2), "optimization.beta2 must be 0 up to 1, not \(options.beta2)"),
            (options.epsilon > 0, "optimization.epsilon must be above 0, not \(options.epsilon)"),
            (
                options.warmupSteps >= 0, "optimization.warmup_steps must be at least 0, not \(options.warmupSteps)"
            ),
            (
                options.gradientClip >= 0,
                "optimization.gradient_clip must be at least 0 (off), not \(options.gradientClip)"
            ),
            (
                (0...2).contains(options.logitAdjustment),
                "optimization.logit_adjustment must be 0 to 2, not \(options.logitAdjustment)"
            ),
            (
                (0...1_000).contains(options.deepening) && options.deepening <= 1_000 - max(options.epochs, 0),
                "optimization.deepening must be 0 (never) to 1000, optimization.epochs included, not "
                    + "\(options.deepening)"
            ),
            (options.patience >= 0, "optimization.patience must be at least 0 (off), not \(options.patience)"),
        ]
    }

    enum CodingKeys: String, CodingKey {
        case name, head, analytic, method
        case methodOptions = "method_options"
        case adapter, optimization, replay, gate, quarantine, sharing
        case maximumLength = "max_length"
        case seed, threads
    }
}

/// The frozen projections a low-rank update may be added to.
public enum TargetModule: String, Sendable, Hashable, NamedChoice {
    case query, key, value
    case attentionOutput = "attention_output"
    case intermediate, output
}
