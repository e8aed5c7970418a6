/// xoshiro256**: small, fast, and its whole state can be saved and restored.
///
/// - SeeAlso: Blackman and Vigna 2021, Scrambled Linear Pseudorandom Number Generators, section 4.
public struct SeededGenerator: RandomNumberGenerator, Sendable, Hashable {
    /// Four words, not all zero.
    public private(set) var state: [UInt64]

    /// Fills the state by SplitMix64, so that near seeds give unrelated sequences.
    public init(seed: UInt64) {
        var word = seed
        state = (0..<4).map { _ in
            word &+= 0x9E37_79B9_7F4A_7C15
            var mixed = word
            mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
            mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
            return mixed ^ (mixed >> 31)
        }
    }

    /// Continues where a generator with this state stood; `nil` when the state is not four words or all zero.
    public init?(state: [UInt64]) {
        guard state.count == 4, state.contains(where: { $0 != 0 }) else { return nil }
        self.state = state
    }

    public mutating func next() -> UInt64 {
        let scrambled = rotate(state[1] &* 5, by: 7) &* 9
        let shifted = state[1] << 17
        state[2] ^= state[0]
        state[3] ^= state[1]
        state[1] ^= state[2]
        state[0] ^= state[3]
        state[2] ^= shifted
        state[3] = rotate(state[3], by: 45)
        return scrambled
    }

    private func rotate(_ word: UInt64, by count: UInt64) -> UInt64 { (word << count) | (word >> (64 - count)) }
}

extension RandomNumberGenerator {
    /// A uniform integer from 0 to `bound − 1`. `bound` must be positive.
    ///
    /// Written out rather than left to the standard library, whose algorithm may change: what a seed retains is
    /// part of what a memory promises.
    ///
    /// - SeeAlso: Lemire 2019, Fast Random Integer Generation in an Interval, algorithm 5.
    package mutating func uniform(below bound: Int) -> Int {
        precondition(bound > 0, "a random integer needs a positive bound, not \(bound)")
        let bound = UInt64(bound)
        var product = next().multipliedFullWidth(by: bound)
        if product.low < bound {
            let threshold = (0 &- bound) % bound
            while product.low < threshold { product = next().multipliedFullWidth(by: bound) }
        }
        return Int(product.high)
    }

    /// Fisher–Yates, for the same reason written out.
    package mutating func shuffle<Element>(_ elements: inout [Element]) {
        guard elements.count > 1 else { return }
        for last in stride(from: elements.count - 1, to: 0, by: -1) {
            elements.swapAt(last, uniform(below: last + 1))
        }
    }
}
