/// Two versions on the held-out examples that both have answered.
///
/// Body of `GET /v1/tasks/{task}/adapters/{version}/compare/{other}`.
public struct VersionComparison: Sendable, Hashable, Codable {
    public var task: TaskName
    public var from: String
    public var to: String
    /// Examples both have answered.
    public var examples: Int
    public var correctFrom: Int
    public var correctTo: Int
    /// Labels whose accuracy changed, the greatest loss first.
    public var labels: [Label]
    /// Texts answered otherwise, wrong ones now first; at most ``maximumChanges`` of ``changes``.
    public var changed: [Change]
    /// How many texts are answered otherwise.
    public var changes: Int

    public static let maximumChanges = 50

    public struct Label: Sendable, Hashable, Codable {
        public var label: String
        public var examples: Int
        /// Right answers of either version.
        public var from: Int
        public var to: Int
        public init(label: String, examples: Int, from: Int, to: Int) {
            self.label = label
            self.examples = examples
            self.from = from
            self.to = to
        }
        /// Right answers gained; negative where lost.
        public var gain: Int { to - from }
    }

    public struct Change: Sendable, Hashable, Codable {
        public var text: String
        /// The right one.
        public var label: String
        public var from: String
        public var to: String
        public init(text: String, label: String, from: String, to: String) {
            self.text = text
            self.label = label
            self.from = from
            self.to = to
        }

        /// Right before and wrong now first, then wrong both times, then put right.
        fileprivate var rank: Int { from == label ? 0 : to == label ? 2 : 1 }
    }

    enum CodingKeys: String, CodingKey {
        case task, from, to, examples, labels, changed, changes
        case correctFrom = "correct_from"
        case correctTo = "correct_to"
    }

    /// - Parameter answers: every example that both have answered, whether it changed or not.
    public init(task: TaskName, from: String, to: String, answers: [Change]) {
        self.task = task
        self.from = from
        self.to = to
        examples = answers.count
        correctFrom = answers.count { $0.from == $0.label }
        correctTo = answers.count { $0.to == $0.label }
        labels = Dictionary(grouping: answers, by: \.label).map { label, answers in
            Label(
                label: label, examples: answers.count, from: answers.count { $0.from == label },
                to: answers.count { $0.to == label })
        }
        .filter { $0.gain != 0 }.sorted { ($0.gain, $0.label) < ($1.gain, $1.label) }
        let different = answers.filter { $0.from != $0.to }
        changes = different.count
        changed = Array(
            different.sorted { ($0.rank, $0.label, $0.text) < ($1.rank, $1.label, $1.text) }
                .prefix(Self.maximumChanges))
    }
}
