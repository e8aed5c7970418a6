import Schema

/// Chooses which held-out examples to let go: from the largest groups (a label in a span of experiences) first, the same
/// ones every time. Pure.
///
/// Every group is cut to a common size, and keeps its smallest hashes: a uniform choice that does not depend on order,
/// and of a sample of it the same as of the whole. Spans double with age (``SliceSpans``), so that a long history keeps
/// of its older part as much as of one recent experience.
struct HeldOutThinning {
    let limits: HeldOutLimits
    let spans: SliceSpans

    struct Member {
        var sequence: Int64
        var experience: Int
        var label: Int64
        var hash: ContentHash
        var bytes: Int
    }

    private struct Group: Hashable {
        var span: Int
        var label: Int64
    }

    /// Sequence numbers of what leaves, ascending. Complexity: O(n log n) for n members.
    func removals(from members: [Member]) -> [Int64] {
        // A member's rank says how large the common size must be for it to stay. Within a rank the second half of the
        // hash decides: unlike the first, by which groups are sorted, it favours no group, however large that was.
        var ranked: [(rank: Int, member: Member)] = []
        let groups = Dictionary(grouping: members) { Group(span: spans.index(of: $0.experience), label: $0.label) }
        for group in groups.values {
            for (rank, member) in group.sorted(by: { $0.hash < $1.hash }).enumerated() { ranked.append((rank, member)) }
        }
        ranked.sort {
            ($0.rank, $0.member.hash.low, $0.member.sequence) < ($1.rank, $1.member.hash.low, $1.member.sequence)
        }
        var bytes = 0
        let kept = ranked.enumerated().prefix { index, entry in
            bytes += entry.member.bytes
            return index < limits.examples && bytes <= limits.bytes
        }
        return ranked.dropFirst(kept.count).map(\.member.sequence).sorted()
    }
}

extension HeldOutLimits {
    /// The slices of a task, the newest last, without what is beyond these bounds; without those left empty, but always
    /// with the newest. The same examples stay as when ``Store/promote(_:_:)`` cuts them.
    public func cut(_ slices: [HeldOutSlice]) -> [HeldOutSlice] {
        guard let newest = slices.last else { return [] }
        let examples = slices.reduce(0) { $0 + $1.examples.count }
        let bytes = slices.reduce(0) { $0 + $1.examples.reduce(0) { $0 + $1.text.utf8.count } }
        guard examples > self.examples || bytes > self.bytes else { return slices }

        var labels: [String: Int64] = [:]
        let members = slices.flatMap { slice in
            slice.examples.map { example in
                let label = labels[example.label] ?? Int64(labels.count)
                labels[example.label] = label
                return HeldOutThinning.Member(
                    sequence: example.sequence, experience: slice.experience, label: label,
                    hash: ContentHash(example.text), bytes: example.text.utf8.count)
            }
        }
        let thinning = HeldOutThinning(limits: self, spans: SliceSpans(newest: newest.experience))
        let removed = Set(thinning.removals(from: members))
        return slices.map { slice in
            HeldOutSlice(
                experience: slice.experience, examples: slice.examples.filter { !removed.contains($0.sequence) })
        }.filter { !$0.examples.isEmpty || $0.experience == newest.experience }
    }
}
