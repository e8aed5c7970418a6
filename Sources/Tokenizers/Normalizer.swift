/// Turns text into the form the vocabulary was made from: cleaned, unaccented, lower case, as configured.
struct Normalizer: Sendable {
    enum Step: Sendable {
        /// Removes control and format characters and turns white space into spaces.
        case cleanText
        /// Puts a space on each side of every ideograph.
        case separateIdeographs
        /// Canonical decomposition (NFD).
        case decompose
        /// Removes non-spacing marks (Mn).
        case removeNonspacingMarks
        /// Removes all marks (M).
        case removeMarks
        case lowercase
    }

    private let steps: [Step]
    /// What becomes of each ASCII byte; ``removedByte`` where it is dropped.
    private let asciiMap: [UInt8]

    private static let removedByte: UInt8 = 0xFF

    init(steps: [Step]) {
        self.steps = steps
        asciiMap = (UInt32(0)..<128).map { byte in
            // No step depends on neighbours or yields more than one scalar within ASCII.
            let mapped = Self.apply(steps, to: [byte])
            return mapped.first.map { UInt8($0) } ?? Self.removedByte
        }
    }

    /// Normalises a range of valid UTF-8.
    func normalize(_ bytes: [UInt8], in range: Range<Int>) -> [UInt8] {
        if steps.isEmpty { return Array(bytes[range]) }
        var normalized: [UInt8] = []
        normalized.reserveCapacity(range.count)
        for index in range {
            let byte = bytes[index]
            guard byte < 0x80 else { return normalizeScalars(bytes, in: range) }
            let mapped = asciiMap[Int(byte)]
            if mapped != Self.removedByte { normalized.append(mapped) }
        }
        return normalized
    }

    private func normalizeScalars(_ bytes: [UInt8], in range: Range<Int>) -> [UInt8] {
        var scalars: [UInt32] = []
        scalars.reserveCapacity(range.count)
        var index = range.lowerBound
        while index < range.upperBound { scalars.append(ValidUTF8.decode(bytes, at: &index)) }

        var normalized: [UInt8] = []
        normalized.reserveCapacity(range.count)
        for scalar in Self.apply(steps, to: scalars) { ValidUTF8.append(scalar, to: &normalized) }
        return normalized
    }

    private static func apply(_ steps: [Step], to scalars: [UInt32]) -> [UInt32] {
        steps.reduce(scalars) { scalars, step in step.apply(to: scalars) }
    }
}

extension Normalizer.Step {
    fileprivate func apply(to scalars: [UInt32]) -> [UInt32] {
        let unicode = UnicodeTables.shared
        var output: [UInt32] = []
        output.reserveCapacity(scalars.count)
        switch self {
        case .cleanText:
            for scalar in scalars {
                let traits = unicode.traits(of: scalar)
                if traits.contains(.removed) { continue }
                output.append(traits.contains(.whitespace) ? 0x20 : scalar)
            }
        case .separateIdeographs:
            for scalar in scalars {
                if unicode.traits(of: scalar).contains(.ideograph) {
                    output += [0x20, scalar, 0x20]
                } else {
                    output.append(scalar)
                }
            }
        case .decompose:
            for scalar in scalars {
                if unicode.traits(of: scalar).contains(.decomposable) {
                    unicode.appendDecomposition(of: scalar, to: &output)
                } else {
                    output.append(scalar)
                }
            }
            Self.orderMarks(in: &output, unicode)
        case .removeNonspacingMarks:
            output = scalars.filter { !unicode.traits(of: $0).contains(.nonspacingMark) }
        case .removeMarks:
            output = scalars.filter { !unicode.traits(of: $0).contains(.combiningMark) }
        case .lowercase:
            for scalar in scalars {
                if unicode.traits(of: scalar).contains(.cased) {
                    unicode.appendLowercase(of: scalar, to: &output)
                } else {
                    output.append(scalar)
                }
            }
        }
        return output
    }

    /// The canonical ordering: each run of marks sorted by combining class, equal classes in the order they came.
    ///
    /// - SeeAlso: The Unicode Standard, section 3.11, D109.
    private static func orderMarks(in scalars: inout [UInt32], _ unicode: UnicodeTables) {
        var index = 0
        while index < scalars.count {
            let start = index
            while index < scalars.count, unicode.traits(of: scalars[index]).contains(.reorderable) { index += 1 }
            if index - start > 1 {
                // The standard library promises no stability, so the position breaks ties.
                let ordered = scalars[start..<index].enumerated()
                    .map { (combiningClass: unicode.combiningClass(of: $1), position: $0, scalar: $1) }
                    .sorted { ($0.combiningClass, $0.position) < ($1.combiningClass, $1.position) }
                scalars.replaceSubrange(start..<index, with: ordered.map(\.scalar))
            }
            index = max(index, start + 1)
        }
    }
}
