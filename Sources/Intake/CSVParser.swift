import Schema

/// Comma-separated values (RFC 4180) with a header row that names the columns, row by row as the bytes come.
///
/// Rows end with LF or CRLF; quoted fields may hold both. Empty rows are skipped. An empty field is an absent one.
struct CSVParser: Sendable {
    private var columns: [ExampleField] = []
    private var rows = CSVRows()
    /// Bytes from the start of the row that has not ended yet.
    private var bytes: [UInt8] = []
    private var line = 1

    mutating func parse(_ chunk: [UInt8], into batch: inout ExampleBatch) throws(Rejection) {
        bytes.append(contentsOf: chunk)
        try takeRows(isLast: false, into: &batch)
    }

    mutating func finish(into batch: inout ExampleBatch) throws(Rejection) {
        try takeRows(isLast: true, into: &batch)
        guard !columns.isEmpty else { throw Self.headerRejection(.missing(.text)) }
    }

    private mutating func takeRows(isLast: Bool, into batch: inout ExampleBatch) throws(Rejection) {
        var position = 0
        while position < bytes.count {
            switch rows.next(in: bytes, at: &position, isLast: isLast) {
            case .row: try take(rows.row, into: &batch)
            case .refused(let fault): try refuse(fault, into: &batch)
            case .skipped: break
            case .incomplete:
                bytes.removeSubrange(..<position)
                return
            }
            line += rows.lineBreaks
        }
        bytes.removeAll(keepingCapacity: true)
    }

    private mutating func take(_ row: CSVRow, into batch: inout ExampleBatch) throws(Rejection) {
        if row.isBlank { return }
        if columns.isEmpty {
            do { columns = try header(row) } catch { throw Self.headerRejection(error) }
            return
        }
        do {
            batch.accept(try example(row), line: line)
        } catch {
            batch.reject(error, line: line)
        }
    }

    /// A fault in the header makes every row unreadable; one in a row costs the row.
    private func refuse(_ fault: Fault, into batch: inout ExampleBatch) throws(Rejection) {
        if columns.isEmpty { throw Self.headerRejection(fault) }
        batch.reject(fault, line: line)
    }

    private static func headerRejection(_ fault: Fault) -> Rejection {
        var rejection = fault.rejection(line: 1)
        rejection.message = "the first row must name the columns, e.g. text,label: \(rejection.message)"
        return rejection
    }

    private func header(_ row: CSVRow) throws(Fault) -> [ExampleField] {
        var columns: [ExampleField] = []
        for index in row.fields.indices {
            let name = try row.value(at: index, of: bytes)
            guard let field = ExampleField(rawValue: name) else { throw .unknown(name, known: ExampleField.list) }
            if columns.contains(field) { throw .repeated(name) }
            columns.append(field)
        }
        for field in [ExampleField.text, .label] where !columns.contains(field) { throw .missing(field) }
        return columns
    }

    private func example(_ row: CSVRow) throws(Fault) -> Example {
        guard row.fields.count == columns.count else {
            throw .columnCount(found: row.fields.count, expected: columns.count)
        }
        var fields = ExampleFields()
        for (index, column) in columns.enumerated() {
            let value = try row.value(at: index, of: bytes)
            if value.isEmpty, !column.isRequired { continue }
            if column == .timestamp, let seconds = number(value) {
                try fields.setTimestamp(seconds)
            } else {
                try fields.set(column, to: value)
            }
        }
        return try fields.example()
    }

    private func number(_ value: String) -> Double? {
        var scanner = JSONScanner(Array(value.utf8), in: 0..<value.utf8.count)
        guard let number = try? scanner.number(), scanner.isAtEnd else { return nil }
        return number
    }
}
