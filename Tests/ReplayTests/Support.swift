import Replay

/// What a chi-square statistic stays below with a probability of 99.99 % (Wilson and Hilferty's approximation).
func chiSquareBound(degreesOfFreedom: Int) -> Double {
    let degrees = Double(degreesOfFreedom)
    let cube = 1 - 2 / (9 * degrees) + 3.719 * (2 / (9 * degrees)).squareRoot()
    return degrees * cube * cube * cube
}

/// Statistic of how often each of `counts.count` items was in a uniform sample, over `trials` samples of `size`.
func inclusionStatistic(counts: [Int], size: Int, trials: Int) -> Double {
    let items = Double(counts.count)
    let share = Double(size) / items
    let expected = share * Double(trials)
    let squares = counts.reduce(0.0) { $0 + (Double($1) - expected) * (Double($1) - expected) }
    return squares / (Double(trials) * share * (1 - share)) * (items - 1) / items
}

/// A stream of distinct texts that compress like real ones: few words, often repeated.
func stream(_ count: Int, labels: Int = 5, seed: UInt64 = 0, start: Int = 0) -> [Exemplar] {
    var generator = SeededGenerator(seed: seed)
    let words = ["card", "payment", "when", "does", "arrive", "top", "up", "refund", "größer", "why", "不明", "fee"]
    return (start..<start + count).map { number in
        let length = 3 + generator.uniform(below: 8)
        let text = (0..<length).map { _ in words[generator.uniform(below: words.count)] }.joined(separator: " ")
        return Exemplar(
            text: "\(text) \(number)", label: "label \(generator.uniform(below: labels))", sequence: Int64(number),
            experience: number / 100, source: number % 3 == 0 ? "file-\(number % 2).jsonl" : nil)
    }
}

func memory(
    exemplars: Int = 1_000, bytes: Int = 1 << 20, retention: Retention = .classBalanced, seed: UInt64 = 0,
    offering examples: [Exemplar] = []
) throws -> ReplayMemory {
    var memory = try ReplayMemory(
        configuration: ReplayConfiguration(
            maximumExemplars: exemplars, maximumBytes: bytes, retention: retention), seed: seed)
    for example in examples { try memory.offer(example) }
    return memory
}
