/// Goes through the rows of comma-separated values as their bytes come, and on behind those that break the grammar.
///
/// Where a row begins depends on the bytes before it alone, not on the parts they come in: a body that holds the header
/// and then begins and ends where rows do is read as it would be within the whole. The time is linear.
package struct CSVRows: Sendable {
    /// Longest row; an unclosed quote is given up after it instead of swallowing the rest of the input.
    static let maximumRowBytes = 262_144

    enum Step {
        /// A row that keeps the grammar; its fields are in ``row``.
        case row
        /// The row is refused; the rest of its line follows as ``skipped``.
        case refused(Fault)
        /// The line of a refused row has ended.
        case skipped
        /// More bytes are needed; those before the position are not.
        case incomplete
    }

    private(set) var row = CSVRow()
    /// Line breaks in what the last step passed.
    private(set) var lineBreaks = 0
    /// The row was refused, and is being skipped up to its line's end.
    private var isSkipping = false
    private var isAtStart = true
    /// Bytes of the row when its end was looked for in vain: twice as many must be there for another try.
    private var seen = 0

    package init() {}

    /// - Parameters:
    ///   - bytes: the input from its start, or from where an earlier step ended.
    ///   - position: where the last step ended in `bytes`; before their end.
    ///   - isLast: no further bytes come.
    mutating func next(in bytes: [UInt8], at position: inout Int, isLast: Bool) -> Step {
        lineBreaks = 0
        if isAtStart {
            // Three bytes are needed to tell whether there is a byte order mark.
            guard isLast || bytes.count >= 3 else { return .incomplete }
            isAtStart = false
            if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { position = 3 }
        }
        return isSkipping ? skip(bytes, &position) : scan(bytes, &position, isLast: isLast)
    }

    private mutating func scan(_ bytes: [UInt8], _ position: inout Int, isLast: Bool) -> Step {
        let (start, count) = (position, bytes.count - position)
        // One byte more than a row may have shows that it has more.
        let longest = Self.maximumRowBytes + 1
        guard isLast || count >= min(2 * seen, longest) else { return .incomplete }
        let range = start..<start + min(count, longest)
        let outcome = row.scan(bytes, in: range, isLast: isLast && count < longest)
        seen = 0
        switch outcome {
        case .complete(let next):
            lineBreaks = row.lineBreaks
            position = next
            return .row
        case .broken(let fault, let place):
            // The next row is looked for on the line behind the broken place.
            lineBreaks = bytes[start..<place].count { $0 == UInt8(ascii: "\n") }
            position = place
            isSkipping = true
            return .refused(fault)
        case .incomplete:
            guard isLast || count >= longest else {
                seen = count
                return .incomplete
            }
            // The next row is looked for on the line behind its first, which only a quoted field goes beyond.
            isSkipping = true
            let isQuoted = row.isQuoted || row.lineBreaks > 0
            return .refused(isQuoted ? .unclosedQuote : .lineTooLong(limit: Self.maximumRowBytes))
        }
    }

    private mutating func skip(_ bytes: [UInt8], _ position: inout Int) -> Step {
        guard let end = bytes[position...].firstIndex(of: UInt8(ascii: "\n")) else {
            position = bytes.count
            return .incomplete
        }
        isSkipping = false
        lineBreaks = 1
        position = end + 1
        return .skipped
    }
}

extension CSVRows {
    package enum End: Sendable {
        /// Of a row, or of the line on which a refused one is given up.
        case row
        /// Of an empty row, which is none.
        case emptyRow
    }

    /// Goes on to where the next row begins.
    ///
    /// - Parameters: as for ``next(in:at:isLast:)``.
    /// - Returns: `nil` where that is not there yet; bytes before the position are not looked at again then either.
    package mutating func nextEnd(in bytes: [UInt8], at position: inout Int, isLast: Bool) -> End? {
        while position < bytes.count {
            switch next(in: bytes, at: &position, isLast: isLast) {
            case .row: return row.isBlank ? .emptyRow : .row
            case .refused: continue
            case .skipped: return .row
            case .incomplete: return nil
            }
        }
        return nil
    }
}
