import ArgumentParser

/// What the value of an option may be.
enum OptionRange {
    static let threads = 1...64
    /// Tokens of a text.
    static let lengths = 4...512
    static let holdouts = 0...0.5
    /// Of whatever is repeated, drawn or sent.
    static let counts = 1...1_000_000
    /// A day at most.
    static let seconds = 0.001...86_400

    /// - Throws: `ValidationError` that names option, range and value. What was not given is in any range.
    static func require<Value: Comparable>(_ option: String, _ value: Value?, _ range: ClosedRange<Value>) throws {
        guard let value, !range.contains(value) else { return }
        let bounds = "\(words(range.lowerBound)) to \(words(range.upperBound))"
        throw ValidationError("\(option) must be \(bounds), not \(words(value))")
    }

    /// Whole numbers without their ".0".
    private static func words(_ value: some Comparable) -> String {
        let text = "\(value)"
        return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
    }
}
