/// Reproducible random numbers: SplitMix64, a counter passed through a bijective mix.
///
/// The state is the counter itself, so a generator is saved and restored exactly by one number, and two streams
/// of one seed never share a prefix.
///
/// - SeeAlso: Steele, Lea & Flood 2014, Fast Splittable Pseudorandom Number Generators, section 4.
public struct SeededGenerator: RandomNumberGenerator, Sendable, Hashable {
    public private(set) var state: UInt64

    public init(state: UInt64) { self.state = state }

    /// - Parameter stream: what the numbers are for; each stream of a seed is independent of the others.
    public init(seed: UInt64, stream: UInt64) {
        state = Self.mix(seed &+ Self.mix(stream &+ Self.increment))
    }

    public mutating func next() -> UInt64 {
        state &+= Self.increment
        return Self.mix(state)
    }

    /// Uniform in `0..<1`, all 24 bits of a Float's significand used.
    public mutating func nextUnit() -> Float {
        Float(next() >> 40) * 0x1p-24
    }

    /// Uniform in `-bound..<bound`.
    public mutating func nextSymmetric(_ bound: Float) -> Float {
        (nextUnit() * 2 - 1) * bound
    }

    private static let increment: UInt64 = 0x9E37_79B9_7F4A_7C15

    private static func mix(_ value: UInt64) -> UInt64 {
        var z = value
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}
