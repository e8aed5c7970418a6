import Foundation

/// Which of many vectors stand best for all of them. Every function returns positions, best first.
package enum Selection {
    /// Positions whose running mean stays nearest to the mean of all.
    ///
    /// - SeeAlso: Rebuffi et al. 2017, iCaRL, algorithm 4; Welling 2009, Herding dynamical weights to learn.
    package static func herding(_ vectors: [[Float]], count: Int) -> [Int] {
        let target = mean(vectors)
        var sum = [Float](repeating: 0, count: target.count)
        return pick(count, of: vectors) { position, taken in
            var distance: Float = 0
            for (index, value) in vectors[position].enumerated() {
                let difference = target[index] - (sum[index] + value) / Float(taken + 1)
                distance += difference * difference
            }
            return -distance
        } took: { position in
            for (index, value) in vectors[position].enumerated() { sum[index] += value }
        }
    }

    /// The position nearest to the mean, then always the one farthest from all chosen, so that the greatest distance
    /// of any vector to a chosen one is at most twice the least possible.
    ///
    /// - SeeAlso: Gonzalez 1985, Clustering to minimize the maximum intercluster distance; Sener & Savarese 2018.
    package static func coverage(_ vectors: [[Float]], count: Int) -> [Int] {
        let center = mean(vectors)
        var distances = [Float](repeating: .infinity, count: vectors.count)
        return pick(count, of: vectors) { position, taken in
            taken == 0 ? -squaredDistance(vectors[position], center) : distances[position]
        } took: { chosen in
            for position in vectors.indices {
                distances[position] = min(distances[position], squaredDistance(vectors[position], vectors[chosen]))
            }
        }
    }

    /// A random sample without replacement in which a position is drawn in proportion to its weight.
    ///
    /// - SeeAlso: Efraimidis & Spirakis 2006, Weighted random sampling with a reservoir, algorithm A.
    package static func weighted(_ weights: [Float], count: Int, using generator: inout some RandomNumberGenerator)
        -> [Int]
    {
        let least = Float.leastNormalMagnitude
        let keys = weights.map { weight in
            // Uniform in 0 to 1, both left out.
            let unit = (Double(generator.next() >> 11) + 0.5) * 0x1p-53
            return log(unit) / Double(max(weight, least))
        }
        return Array(keys.indices.sorted { (keys[$1], $0) < (keys[$0], $1) }.prefix(count))
    }

    private static func pick(
        _ count: Int, of vectors: [[Float]], score: (Int, _ taken: Int) -> Float, took: (Int) -> Void
    ) -> [Int] {
        var left = Array(vectors.indices)
        var chosen: [Int] = []
        while chosen.count < count, !left.isEmpty {
            var best = 0
            var bestScore = -Float.infinity
            for (index, position) in left.enumerated() {
                let score = score(position, chosen.count)
                if score > bestScore { (best, bestScore) = (index, score) }
            }
            let position = left.remove(at: best)
            chosen.append(position)
            took(position)
        }
        return chosen
    }

    private static func mean(_ vectors: [[Float]]) -> [Float] {
        var sum = [Float](repeating: 0, count: vectors.first?.count ?? 0)
        for vector in vectors { for (index, value) in vector.enumerated() { sum[index] += value } }
        return sum.map { $0 / Float(vectors.count) }
    }

    private static func squaredDistance(_ left: [Float], _ right: [Float]) -> Float {
        var sum: Float = 0
        for index in left.indices { sum += (left[index] - right[index]) * (left[index] - right[index]) }
        return sum
    }
}
