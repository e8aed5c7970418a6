/// What normalisation and pre-tokenisation ask about one Unicode scalar.
struct ScalarTraits: OptionSet, Sendable {
    let rawValue: UInt16

    /// Removed by BERT's text cleaning.
    static let removed = Self(rawValue: 1 << 0)
    static let whitespace = Self(rawValue: 1 << 1)
    static let punctuation = Self(rawValue: 1 << 2)
    /// Matches `\w`.
    static let word = Self(rawValue: 1 << 3)
    /// General category Mn.
    static let nonspacingMark = Self(rawValue: 1 << 4)
    /// General categories Mn, Mc and Me.
    static let combiningMark = Self(rawValue: 1 << 5)
    /// Has a canonical decomposition.
    static let decomposable = Self(rawValue: 1 << 6)
    /// Has a canonical combining class above 0.
    static let reorderable = Self(rawValue: 1 << 7)
    /// Differs from its lower case.
    static let cased = Self(rawValue: 1 << 8)
    /// An ideograph that BERT sets apart as a word of its own.
    static let ideograph = Self(rawValue: 1 << 9)
}
