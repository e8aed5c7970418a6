/// Cuts normalised text into words, none of which a token ever crosses.
struct PreTokenizer: Sendable {
    enum Step: Hashable, Sendable {
        /// Drops white space; each punctuation mark is a word.
        case bert
        /// Drops white space.
        case whitespaceSplit
        /// Drops white space; runs of word characters and runs of others are words.
        case whitespace
        /// Each punctuation mark is a word.
        case punctuation
    }

    private enum WordClass: UInt8 {
        case separator, isolated, word, symbol
    }

    private let steps: Set<Step>
    private let asciiClasses: [WordClass]

    /// - Parameter steps: Each only adds boundaries, so neither their order nor their number matters.
    init(steps: Set<Step>) {
        self.steps = steps
        asciiClasses = (0..<128).map { Self.wordClass(of: $0, under: steps) }
    }

    /// The first word at or after `start` in valid UTF-8, as a range of bytes.
    func nextWord(in bytes: [UInt8], from start: Int, to end: Int) -> Range<Int>? {
        var index = start
        while index < end {
            let wordStart = index
            let first = wordClass(bytes, at: &index)
            if first == .separator { continue }
            if first == .isolated { return wordStart..<index }
            while index < end {
                var next = index
                guard wordClass(bytes, at: &next) == first else { break }
                index = next
            }
            return wordStart..<index
        }
        return nil
    }

    private func wordClass(_ bytes: [UInt8], at index: inout Int) -> WordClass {
        let byte = bytes[index]
        if byte < 0x80 {
            index += 1
            return asciiClasses[Int(byte)]
        }
        return Self.wordClass(of: ValidUTF8.decode(bytes, at: &index), under: steps)
    }

    private static func wordClass(of scalar: UInt32, under steps: Set<Step>) -> WordClass {
        let traits = UnicodeTables.shared.traits(of: scalar)
        if traits.contains(.whitespace), !steps.isDisjoint(with: [.bert, .whitespaceSplit, .whitespace]) {
            return .separator
        }
        if traits.contains(.punctuation), !steps.isDisjoint(with: [.bert, .punctuation]) { return .isolated }
        return steps.contains(.whitespace) && !traits.contains(.word) ? .symbol : .word
    }
}
