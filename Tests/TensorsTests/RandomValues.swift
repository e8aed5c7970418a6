/// Repeatable random numbers for tests.
struct RandomValues: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var bits = state
        bits = (bits ^ (bits >> 30)) &* 0xbf58_476d_1ce4_e5b9
        bits = (bits ^ (bits >> 27)) &* 0x94d0_49bb_1331_11eb
        return bits ^ (bits >> 31)
    }

    mutating func floats(_ count: Int, in range: ClosedRange<Float> = -1...1) -> [Float] {
        (0..<count).map { _ in Float.random(in: range, using: &self) }
    }
}

/// Largest difference, each relative to the larger of 1 and the expected magnitude. Infinite unless both are NaN,
/// or both the same infinity, in the same places.
func largestError(_ found: [Float], _ expected: [Float]) -> Float {
    guard found.count == expected.count else { return .infinity }
    var largest: Float = 0
    for (x, y) in zip(found, expected) {
        if x.isNaN && y.isNaN || x == y { continue }
        let error = abs(x - y) / max(1, abs(y))
        largest = error.isNaN ? .infinity : max(largest, error)
    }
    return largest
}
