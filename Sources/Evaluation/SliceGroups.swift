import Schema

/// Which old slices the gate tests as one: those of a span of experiences (``SliceSpans``), so that their number grows
/// with the logarithm of the history's length, and of these the small ones, in which a single example would weigh more
/// than a tolerance.
struct SliceGroups {
    /// A group of fewer examples is small.
    let poolBelow: Int

    /// Oldest first. Without slices that have no example or no champion's answers.
    func groups(of outcomes: [SliceOutcome]) -> [[SliceOutcome]] {
        let old = outcomes.filter { !$0.isNew && $0.comparison != nil }.sorted { $0.experience < $1.experience }
        let newest = outcomes.map(\.experience).max() ?? 0
        let spans = SliceSpans(newest: newest)
        var groups: [[SliceOutcome]] = []
        for outcome in old {
            if let last = groups.last?.last, spans.index(of: last.experience) == spans.index(of: outcome.experience) {
                groups[groups.count - 1].append(outcome)
            } else {
                groups.append([outcome])
            }
        }
        return pooled(groups)
    }

    /// Small groups in order, together until they are large enough; what is left over joins the last of them.
    private func pooled(_ groups: [[SliceOutcome]]) -> [[SliceOutcome]] {
        func examples(_ group: [SliceOutcome]) -> Int { group.reduce(0) { $0 + $1.examples } }
        var pools: [[SliceOutcome]] = []
        for group in groups where examples(group) < poolBelow {
            if let last = pools.last, examples(last) < poolBelow {
                pools[pools.count - 1] += group
            } else {
                pools.append(group)
            }
        }
        if pools.count > 1, let last = pools.last, examples(last) < poolBelow {
            pools[pools.count - 2] += last
            pools.removeLast()
        }
        let large = groups.filter { examples($0) >= poolBelow }
        return (large + pools).sorted { $0[0].experience < $1[0].experience }
    }

    /// "slice 2", "slices 9 to 16", "slices 1, 4 and 5"; `nil` for none.
    static func name(_ experiences: [Int]) -> String? {
        guard let first = experiences.first, let last = experiences.last else { return nil }
        if experiences.count == 1 { return "slice \(first)" }
        if experiences.count > 2, last - first == experiences.count - 1 { return "slices \(first) to \(last)" }
        return "slices \(experiences.dropLast().map(String.init).joined(separator: ", ")) and \(last)"
    }
}
