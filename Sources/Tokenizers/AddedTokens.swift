/// A token that is found in the text as it stands, before the text is cut into words.
struct AddedToken: Sendable {
    let content: [UInt8]
    let id: Int32
    /// Counts only where no word character touches it.
    var singleWord = false
    /// Takes the white space before it.
    var stripsLeft = false
    /// Takes the white space after it.
    var stripsRight = false
}

/// Finds added tokens: the leftmost first, of those that start together the longest.
struct AddedTokens: Sendable {
    enum Segment: Equatable, Sendable {
        case token(Int32)
        case text(Range<Int>)
    }

    /// Tokens by their first byte, longest first.
    private var tokensByFirstByte: [[AddedToken]] = Array(repeating: [], count: 256)
    private var isEmpty = true

    init(_ tokens: [AddedToken]) {
        for token in tokens {
            guard let first = token.content.first else { continue }
            tokensByFirstByte[Int(first)].append(token)
            isEmpty = false
        }
        for byte in tokensByFirstByte.indices {
            tokensByFirstByte[byte].sort { $0.content.count > $1.content.count }
        }
    }

    /// Valid UTF-8 as tokens and the text between them, in order.
    func segments(of bytes: [UInt8], in range: Range<Int>) -> [Segment] {
        guard !isEmpty else { return [.text(range)] }
        var segments: [Segment] = []
        var textStart = range.lowerBound
        var index = range.lowerBound
        while index < range.upperBound {
            guard let token = match(bytes, at: index, before: range.upperBound) else {
                index += 1
                continue
            }
            var start = index
            // A match that is turned down still hides those that overlap it.
            index += token.content.count
            var end = index
            if token.singleWord, touchesWord(bytes, start..<end, within: range) { continue }
            if token.stripsLeft { start = max(trimmedEnd(of: bytes, in: range.lowerBound..<start), textStart) }
            if token.stripsRight { end = trimmedStart(of: bytes, in: end..<range.upperBound) }
            if textStart < start { segments.append(.text(textStart..<start)) }
            segments.append(.token(token.id))
            textStart = end
        }
        if textStart < range.upperBound { segments.append(.text(textStart..<range.upperBound)) }
        return segments
    }

    private func match(_ bytes: [UInt8], at start: Int, before end: Int) -> AddedToken? {
        tokensByFirstByte[Int(bytes[start])].first { token in
            start + token.content.count <= end
                && token.content.indices.allSatisfy { token.content[$0] == bytes[start + $0] }
        }
    }

    private func touchesWord(_ bytes: [UInt8], _ match: Range<Int>, within range: Range<Int>) -> Bool {
        let unicode = UnicodeTables.shared
        if match.lowerBound > range.lowerBound,
            unicode.traits(of: ValidUTF8.decodeLast(bytes, before: match.lowerBound)).contains(.word)
        {
            return true
        }
        var index = match.upperBound
        return index < range.upperBound && unicode.traits(of: ValidUTF8.decode(bytes, at: &index)).contains(.word)
    }

    /// Where `range` ends without its trailing white space.
    private func trimmedEnd(of bytes: [UInt8], in range: Range<Int>) -> Int {
        var end = range.upperBound
        while end > range.lowerBound {
            let scalar = ValidUTF8.decodeLast(bytes, before: end)
            guard UnicodeTables.shared.traits(of: scalar).contains(.whitespace) else { break }
            repeat { end -= 1 } while ValidUTF8.isContinuation(bytes[end])
        }
        return end
    }

    /// Where `range` starts without its leading white space.
    private func trimmedStart(of bytes: [UInt8], in range: Range<Int>) -> Int {
        var start = range.lowerBound
        while start < range.upperBound {
            var next = start
            let scalar = ValidUTF8.decode(bytes, at: &next)
            guard UnicodeTables.shared.traits(of: scalar).contains(.whitespace) else { break }
            start = next
        }
        return start
    }
}
