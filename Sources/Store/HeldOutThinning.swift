/// Chooses which held-out examples to let go: from the largest groups (a label in a slice) first, the same ones every
/// time. Pure.
///
/// Every group is cut to a common size, and keeps its smallest hashes: a uniform choice that does not depend on order.
struct HeldOutThinning {
    let limits: HeldOutLimits

    struct Member {
        var sequence: Int64
        var experience: Int
        var label: Int64
        var hash: ContentHash
        var bytes: Int
    }

    private struct Group: Hashable {
        var experience: Int
        var label: Int64
    }

    /// Sequence numbers of what leaves, ascending. Complexity: O(n log n) for n members.
    func removals(from members: [Member]) -> [Int64] {
        // A member's rank says how large the common size must be for it to stay; within a rank, newest slices first.
        var ranked: [(rank: Int, member: Member)] = []
        for group in Dictionary(grouping: members, by: { Group(experience: $0.experience, label: $0.label) }).values {
            for (rank, member) in group.sorted(by: { $0.hash < $1.hash }).enumerated() { ranked.append((rank, member)) }
        }
        ranked.sort {
            ($0.rank, -$0.member.experience, $0.member.hash) < ($1.rank, -$1.member.experience, $1.member.hash)
        }
        var bytes = 0
        let kept = ranked.enumerated().prefix { index, entry in
            bytes += entry.member.bytes
            return index < limits.examples && bytes <= limits.bytes
        }
        return ranked.dropFirst(kept.count).map(\.member.sequence).sorted()
    }
}
