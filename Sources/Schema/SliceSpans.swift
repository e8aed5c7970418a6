/// Which old experiences are judged as one slice: the newest each alone, older ones in spans that double, so that a
/// history of T experiences has at most 8 + log₂(T/8) + 1 slices.
///
/// - SeeAlso: Datar et al. 2002, Maintaining Stream Statistics over Sliding Windows, for the scale.
public struct SliceSpans: Sendable, Hashable {
    /// The experience that is being learned.
    public let newest: Int

    /// How many experiences before the newest stand alone.
    public static let alone = 8

    public init(newest: Int) { self.newest = newest }

    /// Equal for what is judged together, and growing with age: 0 for the newest, 1 to 8 for those before it, 9 for
    /// the 8 before these, 10 for the 16 before, and so on.
    public func index(of experience: Int) -> Int {
        let age = max(newest - experience, 0)
        guard age > Self.alone else { return age }
        let eights = (age - 1) / Self.alone
        return Self.alone + Int.bitWidth - eights.leadingZeroBitCount
    }
}
