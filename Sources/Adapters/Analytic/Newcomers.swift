/// Labels that came last, and what their scores are given on top, so that they are answered while they are what is asked
/// for: what a head loses of old labels by it, it has back as soon as others come.
public struct Newcomers: Sendable, Hashable {
    public private(set) var labels: Set<String>
    /// Of scores that are about 0 to 1.
    public let advantage: Float

    public static let none = Newcomers([], advantage: 0)

    public init(_ labels: some Sequence<String>, advantage: Float) {
        self.labels = Set(labels)
        self.advantage = advantage
    }

    mutating func insert(_ label: String) { labels.insert(label) }

    /// By label; 0 for those that are no newcomers, or have no examples.
    func advantages(of names: [String], counts: [Int]) -> [Float] {
        zip(names, counts).map { labels.contains($0) && $1 > 0 ? advantage : 0 }
    }
}
