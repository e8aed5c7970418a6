import Intake
import Schema
import Testing

@Suite struct CSVTests {
    @Test func columnsAreNamedByTheHeaderInAnyOrder() throws {
        let batch = try parse("label,timestamp,text,id\r\na,12.5,hello,x1\r\nb,,bye,\r\n", format: .csv)
        #expect(
            batch.examples.map(\.example) == [
                Example(text: "hello", label: "a", id: "x1", timestamp: 12.5), Example(text: "bye", label: "b"),
            ])
        #expect(batch.examples.map(\.line) == [2, 3])
    }

    @Test(arguments: [
        ("2026-01-31T09:30:00Z", 1_769_851_800), ("2026-01-31T09:30:00.250Z", 1_769_851_800.25),
        ("2026-01-31T10:30:00+01:00", 1_769_851_800), ("1769851800", 1_769_851_800),
    ])
    func timesAreSecondsOrISO8601(_ time: String, _ seconds: Double) throws {
        let rows = try parse("text,label,timestamp\na,b,\(time)\n", format: .csv)
        #expect(rows.examples.map(\.example.timestamp) == [seconds])
        let value = time.hasPrefix("17") ? time : "\"\(time)\""
        let lines = try parse("{\"text\":\"a\",\"label\":\"b\",\"timestamp\":\(value)}")
        #expect(lines.examples.map(\.example.timestamp) == [seconds])
    }

    @Test func quotedFieldsHoldCommasQuotesAndLineBreaks() throws {
        let batch = try parse("\u{FEFF}\"text\",label\n\"a, \"\"b\"\"\r\nc\",x\n\nd e,\"y\"", format: .csv)
        #expect(batch.examples.map(\.example.text) == ["a, \"b\"\r\nc", "d e"])
        #expect(batch.examples.map(\.line) == [2, 5])
    }

    @Test(arguments: [
        ("only one", nil, "column_count"),
        ("a,b,c", nil, "column_count"),
        (",b", "text", "empty"),
        ("a,", "label", "empty"),
        ("a, b", "label", "surrounding_space"),
        ("a \"quoted\" word,b", nil, "invalid_quote"),
        ("\"a\" ,b", nil, "invalid_quote"),
        ("\"two\nlines\"x,b", nil, "invalid_quote"),
    ])
    func aBadRowIsNamedAndTheNextOneIsRead(_ row: String, _ field: String?, _ code: String) throws {
        let batch = try parse("text,label\n\(row)\nfine,a\n", format: .csv)
        #expect(batch.refused.errors.map(\.line) == [2])
        #expect(batch.refused.errors.map(\.code) == [code])
        #expect(batch.refused.errors.map(\.field) == [field])
        #expect(batch.examples.map(\.example.text) == ["fine"])
        #expect(batch.examples.map(\.line) == [row.contains("\n") ? 4 : 3])
    }

    @Test func aBadTimestampIsNamed() throws {
        let batch = try parse("text,label,timestamp\na,b,yesterday\na,b,1e999\n", format: .csv)
        #expect(batch.refused.errors.map(\.code) == ["wrong_type", "out_of_range"])
    }

    @Test(arguments: [64, 100_000])
    func anUnclosedQuoteCostsOneRow(_ chunk: Int) throws {
        let rows = String(repeating: "word word,a\n", count: 30_000)
        let batch = try parse("text,label\n\"never closed,b\n\(rows)", format: .csv, chunk: chunk)
        #expect(batch.refused.errors.map(\.line) == [2])
        #expect(batch.refused.errors.map(\.code) == ["invalid_quote"])
        #expect(batch.examples.count == 30_000)
        #expect(batch.examples.last?.line == 30_002)
    }

    @Test(arguments: [64, 100_000, Int.max])
    func aRowBeyondTheLimitIsGivenUpHoweverTheBytesCome(_ chunk: Int) throws {
        let lines = String(repeating: "word\n", count: 60_000)
        let batch = try parse("text,label\n\"\(lines)\",b\nfine,a\n", format: .csv, chunk: chunk)
        // The line that opens the quote, each word behind it, and the quote that closes it, which opens one now.
        #expect(batch.refused.rejected == 1 + 59_999 + 1)
        #expect(batch.refused.errors.prefix(2).map(\.line) == [2, 3])
        #expect(batch.refused.errors.prefix(2).map(\.code) == ["invalid_quote", "column_count"])
        #expect(batch.examples == [NumberedExample(line: 60_003, example: Example(text: "fine", label: "a"))])
    }

    @Test(arguments: [
        ("", "missing_field"), ("text\na\n", "missing_field"), ("a,b\n", "unknown_field"),
        ("text,label,text\n", "duplicate_field"), ("text,la\"bel\n", "invalid_quote"),
    ])
    func anUnusableHeaderRefusesTheWhole(_ document: String, _ code: String) {
        let rejection = #expect(throws: Rejection.self) { try parse(document, format: .csv) }
        #expect(rejection?.code == code && rejection?.line == 1)
    }
}
