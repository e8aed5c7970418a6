import Schema

enum ReplayWords {
    /// `never`, `3–5 times`, `over 20 times`.
    static func group(_ group: ReplayComposition.Rehearsal) -> String {
        guard let most = group.most else { return "over \(group.least - 1) times" }
        guard most > 0 else { return "never" }
        return group.least == most ? "\(most) times" : "\(group.least)–\(most) times"
    }
}
