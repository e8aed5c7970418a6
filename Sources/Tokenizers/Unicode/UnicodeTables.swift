/// The Unicode properties that Hugging Face tokenizers works with, for every scalar.
///
/// They mix several versions of Unicode, and a model has been trained on that mixture. They are carried here,
/// not asked of the standard library, so that token ids never change with the compiler.
final class UnicodeTables: Sendable {
    static let shared = UnicodeTables()

    /// For each 256 scalars, the page that describes them. Equal pages are kept once.
    private let pageOfBlock: [UInt16]
    private let pages: [ScalarTraits]
    private let lowercase: [UInt32: UInt32]
    private let combiningClasses: [UInt32: UInt8]
    private let decompositions: [UInt32: [UInt32]]

    private static let scalarCount = 0x110000
    private static let pageSize = 256

    /// BERT's own list. It has a hole at U+2B820...2B91F, as in the library.
    private static let ideographs: [ClosedRange<Int>] = [
        0x3400...0x4DBF, 0x4E00...0x9FFF, 0xF900...0xFAFF, 0x20000...0x2A6DF, 0x2A700...0x2B81F, 0x2B920...0x2CEAF,
        0x2F800...0x2FA1F,
    ]

    private init() {
        var traits = [ScalarTraits](repeating: [], count: Self.scalarCount)
        for (text, trait) in [
            (Self.removedRanges, ScalarTraits.removed), (Self.whitespaceRanges, .whitespace),
            (Self.punctuationRanges, .punctuation), (Self.wordRanges, .word),
            (Self.nonspacingMarkRanges, .nonspacingMark), (Self.combiningMarkRanges, .combiningMark),
        ] {
            for range in Self.ranges(in: text) {
                for scalar in range { traits[scalar].insert(trait) }
            }
        }
        for scalar in Self.ideographs.joined() { traits[scalar].insert(.ideograph) }

        decompositions = Self.decompositionTable()
        for scalar in decompositions.keys { traits[Int(scalar)].insert(.decomposable) }
        for scalar in Hangul.syllables { traits[Int(scalar)].insert(.decomposable) }

        combiningClasses = Self.runs(in: Self.combiningClassRuns) { _, value in UInt8(value) }
        for scalar in combiningClasses.keys { traits[Int(scalar)].insert(.reorderable) }

        lowercase = Self.runs(in: Self.lowercaseRuns) { scalar, offset in UInt32(Int(scalar) + offset) }
        for scalar in lowercase.keys { traits[Int(scalar)].insert(.cased) }
        traits[Int(Self.dottedCapitalI)].insert(.cased)

        (pageOfBlock, pages) = Self.paged(traits)
    }

    func traits(of scalar: UInt32) -> ScalarTraits {
        pages[Int(pageOfBlock[Int(scalar >> 8)]) * Self.pageSize + Int(scalar & 255)]
    }

    /// Canonical combining class, 0 for a starter.
    func combiningClass(of scalar: UInt32) -> UInt8 { combiningClasses[scalar] ?? 0 }

    func appendDecomposition(of scalar: UInt32, to scalars: inout [UInt32]) {
        if Hangul.syllables.contains(scalar) {
            Hangul.appendDecomposition(of: scalar, to: &scalars)
        } else if let decomposition = decompositions[scalar] {
            scalars += decomposition
        } else {
            scalars.append(scalar)
        }
    }

    func appendLowercase(of scalar: UInt32, to scalars: inout [UInt32]) {
        if scalar == Self.dottedCapitalI {
            // The only scalar whose lower case is two.
            scalars += [0x69, 0x307]
        } else {
            scalars.append(lowercase[scalar] ?? scalar)
        }
    }

    private static let dottedCapitalI: UInt32 = 0x130

    private static func paged(_ traits: [ScalarTraits]) -> ([UInt16], [ScalarTraits]) {
        var pageOfBlock: [UInt16] = []
        var pages: [ScalarTraits] = []
        var known: [[UInt16]: UInt16] = [:]
        for start in stride(from: 0, to: traits.count, by: pageSize) {
            let block = traits[start..<start + pageSize]
            let key = block.map(\.rawValue)
            if let page = known[key] {
                pageOfBlock.append(page)
            } else {
                let page = UInt16(known.count)
                known[key] = page
                pageOfBlock.append(page)
                pages += block
            }
        }
        return (pageOfBlock, pages)
    }
}

/// Hangul syllables decompose by arithmetic.
///
/// - SeeAlso: The Unicode Standard, section 3.12.
private enum Hangul {
    static let syllables: Range<UInt32> = 0xAC00..<0xD7A4
    private static let vowelCount: UInt32 = 21
    private static let finalCount: UInt32 = 28

    static func appendDecomposition(of syllable: UInt32, to scalars: inout [UInt32]) {
        let index = syllable - syllables.lowerBound
        scalars.append(0x1100 + index / (vowelCount * finalCount))
        scalars.append(0x1161 + index / finalCount % vowelCount)
        if index % finalCount > 0 { scalars.append(0x11A7 + index % finalCount) }
    }
}
