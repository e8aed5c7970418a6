extension Recipe {
    /// How tasks that share an adapter learn from one another's batches; a task with an adapter of its own reads none of it.
    public struct SharingOptions: Sendable, Hashable, Codable {
        /// T of task sampling: a task is shown in proportion to its number of examples to the power of 1/T, so that 1
        /// shows what there is and a large T all tasks alike.
        public var temperature = 2.0
        /// By task, what its examples weigh in the loss; 1 where it is not named.
        public var lossWeights: [String: Double] = [:]
        /// What becomes of gradients by which tasks would harm one another.
        public var conflicts = Conflicts.sum
        public init() {}

        public enum Conflicts: String, Sendable, Hashable, NamedChoice {
            /// Added up as they are.
            case sum
            /// Each without its part against another's: Yu et al. 2020, PCGrad.
            case project
            /// Only where all tasks agree on the sign: Parascandolo et al. 2021, AND-mask.
            case mask
        }

        enum CodingKeys: String, CodingKey {
            case temperature
            case lossWeights = "loss_weights"
            case conflicts
        }
    }

    /// Why tasks that share an adapter cannot learn by this recipe; `nil` where they can.
    public var sharingProblem: String? {
        if head == .analytic { return "recipe \"\(name)\" has no adapter that could be shared: its head is analytic" }
        guard !method.isShareable else { return nil }
        return "recipe \"\(name)\" learns by method \(method.rawValue); use one of \(Method.shareableNames)"
    }

    /// What about sharing is out of range, with the remedy.
    var sharingChecks: [(Bool, String)] {
        let weights = sharing.lossWeights.sorted { $0.key < $1.key }
        return [
            (
                sharing.temperature >= 1 && sharing.temperature.isFinite,
                "sharing.temperature must be at least 1, not \(sharing.temperature)"
            )
        ]
            + weights.flatMap { task, weight in
                [
                    (TaskName.isValid(task), "sharing.loss_weights: \"\(task)\" cannot be the name of a task"),
                    (weight > 0 && weight.isFinite, "sharing.loss_weights.\(task) must be above 0, not \(weight)"),
                ]
            }
    }
}
