extension Recipe {
    /// How an update learns from new examples and from what was kept; each recipe of these names says more.
    public enum Method: String, Sendable, Hashable, NamedChoice {
        case naive
        case replay
        case asymmetricReplay = "er-ace"
        case darkReplay = "der++"
        case elasticWeights = "ewc"
        case withoutForgetting = "lwf"
        case averagedGradientMemory = "a-gem"
        case orthogonalLowRank = "o-lora"
        case greedyMemory = "gdumb"
        case joint

        /// It forgets its parent and learns from the memory alone, the new examples being in it.
        public var startsOver: Bool { self == .greedyMemory || self == .joint }

        /// Its memory takes the new examples in before they are learned, as one that is filled batch by batch does.
        public var replaysNew: Bool { startsOver || self == .asymmetricReplay }

        /// It cannot learn without exemplars to replay.
        public var needsReplay: Bool {
            switch self {
            case .asymmetricReplay, .darkReplay, .averagedGradientMemory: true
            default: false
            }
        }

        /// It can learn several tasks in one adapter.
        public var isShareable: Bool {
            switch self {
            case .naive, .replay, .greedyMemory, .joint: true
            default: false
            }
        }

        /// In words.
        public static var shareableNames: String {
            allCases.filter(\.isShareable).map(\.rawValue).joined(separator: ", ") + " where tasks share an adapter"
        }

        /// It has no use for exemplars.
        public var ignoresReplay: Bool {
            switch self {
            case .naive, .elasticWeights, .withoutForgetting, .orthogonalLowRank: true
            default: false
            }
        }
    }

    /// Strengths of the methods that have any; a method's recipe says which it reads.
    public struct MethodOptions: Sendable, Hashable, Codable {
        /// λ of `ewc`, `lwf` and `o-lora`; α, the weight of stored logits, of `der++`.
        public var strength = 1.0
        /// β, the weight of stored labels, of `der++`.
        public var labelStrength = 1.0
        /// Of the softmax that `lwf` compares.
        public var temperature = 2.0
        /// γ of `ewc`: what of the old Fisher information is left when that of an update is added.
        public var decay = 0.95
        /// Low-rank subspaces of `o-lora`; once there are so many, the newest goes on learning.
        public var subspaces = 16
        public init() {}

        enum CodingKeys: String, CodingKey {
            case strength
            case labelStrength = "label_strength"
            case temperature, decay, subspaces
        }
    }

    /// What about the method does not go together, with the remedy.
    var methodChecks: [(Bool, String)] {
        let options = methodOptions
        let replays = replay.examples > 0 && replay.ratio > 0
        return [
            (
                options.strength >= 0 && options.strength.isFinite,
                "method_options.strength must be at least 0, not \(options.strength)"
            ),
            (
                options.labelStrength >= 0 && options.labelStrength.isFinite,
                "method_options.label_strength must be at least 0, not \(options.labelStrength)"
            ),
            (
                options.temperature > 0 && options.temperature.isFinite,
                "method_options.temperature must be above 0, not \(options.temperature)"
            ),
            ((0...1).contains(options.decay), "method_options.decay must be 0 to 1, not \(options.decay)"),
            (
                (1...64).contains(options.subspaces),
                "method_options.subspaces must be 1 to 64, not \(options.subspaces)"
            ),
            (
                method != .orthogonalLowRank || options.subspaces <= 1_024 / max(adapter.rank, 1),
                "method o-lora stacks adapter.rank × method_options.subspaces, at most 1024, not "
                    + "\(adapter.rank) × \(options.subspaces)"
            ),
            (
                !method.needsReplay || replays,
                "method \(method.rawValue) replays: replay.examples and replay.ratio must be above 0"
            ),
            (
                !method.startsOver || replay.examples > 0,
                "method \(method.rawValue) learns from its memory: replay.examples must be above 0"
            ),
            (
                !method.replaysNew || !replay.retention.isRanked,
                "replay.retention \(replay.retention.rawValue) needs what an update has learned, but method "
                    + "\(method.rawValue) fills its memory first: use class-balanced, reservoir or window"
            ),
            ((2...16).contains(replay.candidates), "replay.candidates must be 2 to 16, not \(replay.candidates)"),
            (
                !method.ignoresReplay || replay.ratio == 0,
                "method \(method.rawValue) replays nothing: replay.ratio must be 0, not \(replay.ratio)"
            ),
            (
                method != .orthogonalLowRank || optimization.weightDecay == 0,
                "optimization.weight_decay must be 0 with method o-lora, whose earlier subspaces stay as they are"
            ),
            (
                method == .replay || optimization.logitAdjustment == 0,
                "optimization.logit_adjustment belongs to method replay: it must be 0 with method \(method.rawValue)"
            ),
        ]
    }
}
