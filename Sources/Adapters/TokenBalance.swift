/// How sequences are shared out so that every share has about as many tokens.
public enum TokenBalance {
    /// Consecutive shares: cuts an ordered batch where a share's part of the tokens is reached.
    ///
    /// - Returns: `shares` ranges of positions, some empty when there are fewer sequences.
    public static func consecutive(lengths: [Int], shares: Int) -> [Range<Int>] {
        precondition(shares > 0, "there must be at least one share, found \(shares)")
        let total = lengths.reduce(0, +)
        var ranges: [Range<Int>] = []
        var (start, sum) = (0, 0)
        for share in 1...shares {
            var end = start
            // A sequence belongs to the share in which its middle lies.
            while end < lengths.count, share == shares || (2 * sum + lengths[end]) * shares <= 2 * total * share {
                sum += lengths[end]
                end += 1
            }
            ranges.append(start..<end)
            start = end
        }
        return ranges
    }

    /// Any sequence in any share: the longest first, each to the share that has the fewest tokens so far.
    ///
    /// - Returns: for each share its positions, ascending.
    /// - SeeAlso: Graham 1969, Bounds on multiprocessing timing anomalies: at most 4/3 of the best possible.
    public static func scattered(lengths: [Int], shares: Int) -> [[Int]] {
        precondition(shares > 0, "there must be at least one share, found \(shares)")
        var positions = [[Int]](repeating: [], count: shares)
        var sums = [Int](repeating: 0, count: shares)
        for position in lengths.indices.sorted(by: { (-lengths[$0], $0) < (-lengths[$1], $1) }) {
            var least = 0
            for share in 1..<shares where sums[share] < sums[least] { least = share }
            positions[least].append(position)
            sums[least] += lengths[position]
        }
        return positions.map { $0.sorted() }
    }
}
