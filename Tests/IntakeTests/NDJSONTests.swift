import Intake
import Schema
import Testing

@Suite struct NDJSONTests {
    @Test func everyFieldIsRead() throws {
        let line = #"{"text":"Where is my card?","label":"card_arrival","id":"t-1","source":"mail","timestamp":1.5e3}"#
        let batch = try parse(line)
        let expected = Example(
            text: "Where is my card?", label: "card_arrival", id: "t-1", source: "mail", timestamp: 1500)
        #expect(batch.examples == [NumberedExample(line: 1, example: expected)])
        #expect(batch.refused.rejected == 0)
    }

    @Test(arguments: [
        (#""a\"b\\c\/d""#, "a\"b\\c/d"),
        (#""\b\f\n\r\tx""#, "\u{8}\u{C}\n\r\tx"),
        (#""\u0041\u00e9\u20AC""#, "A\u{E9}\u{20AC}"),
        (#""\ud83d\ude00!""#, "😀!"),
        (#""naïve 日本 👩‍👩‍👧""#, "naïve 日本 👩‍👩‍👧"),
    ])
    func escapesAreDecoded(_ encoded: String, _ text: String) throws {
        let batch = try parse(#"{"label":"a","text":\#(encoded)}"#)
        #expect(batch.examples.map(\.example.text) == [text])
    }

    @Test func optionalFieldsMayBeNullAndKeysMayBeEscaped() throws {
        let batch = try parse(#" { "t\u0065xt" : "hello" , "label" : "a" , "id" : null , "timestamp" : null } "#)
        #expect(batch.examples.map(\.example) == [Example(text: "hello", label: "a")])
    }

    @Test(arguments: [
        (#"{"text":"a"}"#, "label", "missing_field"),
        (#"{"label":"a"}"#, "text", "missing_field"),
        (#"{}"#, "text", "missing_field"),
        (#"{"text":"a","label":"b","lable":"c"}"#, "lable", "unknown_field"),
        (#"{"text":"a","label":"b","text":"c"}"#, "text", "duplicate_field"),
        (#"{"text":1,"label":"b"}"#, "text", "wrong_type"),
        (#"{"text":"a","label":null}"#, "label", "wrong_type"),
        (#"{"text":"a","label":["b"]}"#, "label", "wrong_type"),
        (#"{"text":"a","label":"b","id":7}"#, "id", "wrong_type"),
        (#"{"text":"a","label":"b","timestamp":"now"}"#, "timestamp", "wrong_type"),
        (#"{"text":"a","label":"b","timestamp":true}"#, "timestamp", "wrong_type"),
        (#"{"text":"a","label":"b","timestamp":1e999}"#, "timestamp", "out_of_range"),
        (#"{"text":"a","label":"b","timestamp":1e300}"#, "timestamp", "out_of_range"),
        (#"{"text":"a","label":"b","timestamp":-1e300}"#, "timestamp", "out_of_range"),
        (#"{"text":"a","label":"b","timestamp":1790000000000}"#, "timestamp", "out_of_range"),
        (#"{"text":"a","label":"b","timestamp":"10000-01-01T00:00:00Z"}"#, "timestamp", "out_of_range"),
        (#"{"text":" \n\t ","label":"b"}"#, "text", "empty"),
        (#"{"text":"\u3000","label":"b"}"#, "text", "empty"),
        (#"{"text":"\u200b","label":"b"}"#, "text", "empty"),
        (#"{"text":"a","label":""}"#, "label", "empty"),
        (#"{"text":"a","label":"\u3000"}"#, "label", "empty"),
        (#"{"text":"a","label":"b","id":""}"#, "id", "empty"),
        (#"{"text":"a\u0000b","label":"b"}"#, "text", "forbidden_character"),
        (#"{"text":"a","label":"b\u001b[31m"}"#, "label", "forbidden_character"),
        (#"{"text":"a","label":" b"}"#, "label", "surrounding_space"),
        (#"{"text":"a","label":"\u00a0b"}"#, "label", "surrounding_space"),
        (#"{"text":"a","label":"b\u2003"}"#, "label", "surrounding_space"),
        (#"["a","b"]"#, nil, "wrong_type"),
        (#""a""#, nil, "wrong_type"),
        (#"{"text":"a","label":"b"} x"#, nil, "invalid_json"),
        (#"{"text":"a","label":"b"}{}"#, nil, "invalid_json"),
        (#"{"text":"a","label":"b",}"#, nil, "invalid_json"),
        (#"{"text":"a" "label":"b"}"#, nil, "invalid_json"),
        (#"{"text":"a","label":"b"#, nil, "invalid_json"),
        (#"{"text":"a","label":"b","timestamp":NaN}"#, nil, "invalid_json"),
        (#"{"text":"a","label":"b","timestamp":01}"#, nil, "invalid_json"),
        (#"{"text":"a","label":"b","timestamp":1.}"#, nil, "invalid_json"),
        (#"{"text":"a\x","label":"b"}"#, nil, "invalid_json"),
        (#"{"text":"\ud800","label":"b"}"#, nil, "invalid_utf8"),
        (#"{"text":"\udc00\ud800","label":"b"}"#, nil, "invalid_utf8"),
        ("{\"text\":\"a\tb\",\"label\":\"b\"}", nil, "invalid_json"),
    ])
    func aBadLineIsNamedByFieldAndRule(_ line: String, _ field: String?, _ code: String) throws {
        let good = #"{"text":"fine","label":"a"}"#
        let batch = try parse("\(good)\n\(line)\n\(good)\n")
        #expect(batch.examples.map(\.line) == [1, 3])
        let rejection = try #require(batch.refused.errors.first)
        #expect(batch.refused.rejected == 1 && rejection.line == 2)
        #expect(rejection.field == field && rejection.code == code, "\(rejection)")
        #expect(!rejection.message.isEmpty)
    }

    @Test func invalidUTF8IsRefusedWhereverItStands() throws {
        for prefix in [#"{"label":"a","text":"x"#, #"{"label":"x"#, #"{"text":"a","label":"b","x"#] {
            for bad in [[0xFF], [0xC0, 0x80], [0xED, 0xA0, 0x80], [0xF5, 0x80, 0x80, 0x80], [0xE2, 0x82]] as [[UInt8]] {
                let bytes = Array(prefix.utf8) + bad + Array(#"":"b"}"#.utf8)
                let batch = try ExampleParser.parse(bytes, format: .ndjson)
                #expect(batch.examples.isEmpty && batch.refused.errors.map(\.code) == ["invalid_utf8"])
            }
        }
    }

    @Test(arguments: ["0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z"])
    func aTimeMayLieInAnyYearOfFourDigits(_ text: String) throws {
        let time = try #require(Timestamp(iso8601: text)?.seconds)
        let batch = try parse(
            #"{"text":"a","label":"b","timestamp":"\#(text)"}"# + "\n"
                + #"{"text":"a","label":"b","timestamp":\#(time)}"#)
        #expect(batch.examples.map(\.example.timestamp) == [time, time])
        for beyond in [time - 1, time + 1] where (beyond < time) == (time < 0) {
            #expect(try parse(#"{"text":"a","label":"b","timestamp":\#(beyond)}"#).refused.rejected == 1)
        }
    }

    @Test(arguments: [("text", 40_000, "shorten it or split the example"), ("label", 1_000, "shorten it")])
    func whatIsTooLongIsToBeShortened(_ field: String, _ count: Int, _ remedy: String) throws {
        let long = String(repeating: "x", count: count)
        let other = field == "text" ? "label" : "text"
        let rejection = try #require(try parse(#"{"\#(field)":"\#(long)","\#(other)":"a"}"#).refused.errors.first)
        #expect(rejection.code == "too_long" && rejection.message.hasSuffix("; \(remedy)"))
    }

    @Test(arguments: [(32_768, "accepted"), (32_769, "too_long")])
    func aTextMayHaveItsLimitOfBytes(_ count: Int, _ outcome: String) throws {
        let batch = try parse(#"{"label":"a","text":"\#(String(repeating: "x", count: count))"}"#)
        #expect((batch.refused.errors.first?.code ?? "accepted") == outcome)
    }

    @Test func aLineWithoutEndIsSkippedWithoutBeingHeld() throws {
        let good = #"{"text":"fine","label":"a"}"#
        let batch = try parse(String(repeating: "x", count: 1_000_000) + "\n" + good, chunk: 65_536)
        #expect(batch.refused.errors.map(\.code) == ["too_long"])
        #expect(batch.examples.map(\.line) == [2])
    }

    @Test func blankLinesAreNotCountedButKeepTheirNumbers() throws {
        let good = #"{"text":"fine","label":"a"}"#
        let batch = try parse("\u{FEFF}\n  \r\n\(good)\r\n\n\(good)")
        #expect(batch.examples.map(\.line) == [3, 5])
        #expect(batch.count == 2)
    }

    @Test func deepNestingIsRefusedNotFollowed() throws {
        let batch = try parse(#"{"text":"# + String(repeating: "[", count: 100_000))
        #expect(batch.refused.errors.map(\.code) == ["invalid_json"])
    }

    @Test func onlyTheFirstRejectionsAreWorded() throws {
        let batch = try parse(String(repeating: "x\n", count: 1000))
        #expect(batch.refused.rejected == 1000 && batch.count == 1000)
        #expect(batch.refused.errors.count == IngestReport.maximumErrors)
    }
}

/// Parses `text` cut into parts of `chunk` bytes.
func parse(_ text: String, format: ExampleFormat = .ndjson, chunk: Int = .max) throws -> ExampleBatch {
    try parse(Array(text.utf8), format: format, chunk: chunk)
}

func parse(_ bytes: [UInt8], format: ExampleFormat, chunk: Int) throws -> ExampleBatch {
    var parser = ExampleParser(format: format)
    var batch = ExampleBatch()
    var position = 0
    while position < bytes.count {
        let end = chunk < bytes.count - position ? position + chunk : bytes.count
        try parser.parse(Array(bytes[position..<end]), into: &batch)
        position = end
    }
    try parser.finish(into: &batch)
    return batch
}
