extension ReplayMemory {
    /// Draws exemplars in random order. The memory does not change; the generator is the caller's.
    ///
    /// - Uniform: without replacement until all have been drawn, then from the start again.
    /// - Stratified: the numbers drawn of any two labels differ by at most one; within a label without
    ///   replacement until all of it has been drawn, then from the start again.
    ///
    /// Returns `count` exemplars, none from an empty memory.
    public func draw<Generator: RandomNumberGenerator>(
        _ count: Int, sampling: Sampling = .stratified, using generator: inout Generator
    ) throws(ReplayError) -> [Exemplar] {
        guard count > 0, !isEmpty else { return [] }
        var numbers: [Int] =
            switch sampling {
            case .uniform: drawUniform(count, using: &generator)
            case .stratified: drawStratified(count, using: &generator)
            }
        generator.shuffle(&numbers)
        var exemplars: [Exemplar] = []
        exemplars.reserveCapacity(count)
        for number in numbers { exemplars.append(try exemplar(at: number)) }
        return exemplars
    }

    private func drawUniform<Generator: RandomNumberGenerator>(
        _ count: Int, using generator: inout Generator
    ) -> [Int] {
        var strata = Stratum(numbers: 0..<self.count)
        return (0..<count).map { _ in strata.next(using: &generator) }
    }

    private func drawStratified<Generator: RandomNumberGenerator>(
        _ count: Int, using generator: inout Generator
    ) -> [Int] {
        var strata = rows.indices.filter { !rows[$0].members.isEmpty }
            .map { Stratum(numbers: starts[$0]..<starts[$0 + 1]) }
        // Which labels get one more than the others is up to chance too.
        generator.shuffle(&strata)
        return (0..<count).map { strata[$0 % strata.count].next(using: &generator) }
    }
}

/// Numbers drawn one by one without replacement, over and over.
private struct Stratum {
    private var numbers: [Int]
    private var drawn = 0

    init(numbers: Range<Int>) { self.numbers = Array(numbers) }

    mutating func next(using generator: inout some RandomNumberGenerator) -> Int {
        if drawn == numbers.count { drawn = 0 }
        numbers.swapAt(drawn, drawn + generator.uniform(below: numbers.count - drawn))
        defer { drawn += 1 }
        return numbers[drawn]
    }
}
