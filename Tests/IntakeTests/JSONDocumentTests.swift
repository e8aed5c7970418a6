import Intake
import Schema
import Testing

@Suite struct JSONDocumentTests {
    @Test(arguments: [
        #"{"text":"a","label":"b"}"#,
        #"[{"text":"a","label":"b"}]"#,
        #" {"examples" : [ {"text":"a","label":"b"} ] } "#,
        "\u{FEFF}[\n{\"text\":\"a\",\"label\":\"b\"}\n]\n",
    ])
    func oneExampleMayBeWrittenInEachForm(_ document: String) throws {
        let batch = try parse(document, format: .json)
        #expect(batch.examples == [NumberedExample(line: 1, example: Example(text: "a", label: "b"))])
    }

    @Test(arguments: ["[]", #"{"examples":[]}"#])
    func noExamplesAreNoError(_ document: String) throws {
        #expect(try parse(document, format: .json).count == 0)
    }

    @Test func aBadElementCostsOnlyItself() throws {
        let batch = try parse(
            #"[{"text":"a","label":"b"}, {"text":"a","label":{"x":[1,2]}}, 7, {"text":"c","label":"d"}]"#,
            format: .json)
        #expect(batch.examples.map(\.line) == [1, 4])
        #expect(batch.refused.errors.map(\.line) == [2, 3])
        #expect(batch.refused.errors.map(\.code) == ["wrong_type", "wrong_type"])
    }

    @Test(arguments: [
        ("", "empty_document"), (" \n", "empty_document"),
        (#"[{"text":"a","label":"b"}"#, "invalid_json"),
        (#"[{"text":"a","label":"b"}] ]"#, "invalid_json"),
        (#"[{"text":"a","label":"b"},]"#, "invalid_json"),
        (#"{"examples":{"text":"a","label":"b"}}"#, "invalid_json"),
        (#"{"examples":[],"more":1}"#, "unknown_field"),
    ])
    func aBrokenDocumentGivesNothing(_ document: String, _ code: String) {
        let rejection = #expect(throws: Rejection.self) { try parse(document, format: .json) }
        #expect(rejection?.code == code)
    }

    @Test func theBrokenPlaceIsNamedByLine() {
        let rejection = #expect(throws: Rejection.self) {
            try parse("[\n{\"text\":\"a\",\"label\":\"b\"}\noops]", format: .json)
        }
        #expect(rejection?.line == 3)
    }
}

@Suite struct JSONValueTests {
    @Test func aDocumentBecomesAValue() throws {
        let value = try JSONValue(parsing: Array(#" {"a":[1,-2.5e1,true,false,null,"x\n"],"b":{}} "#.utf8))
        let list: [JSONValue] = [.number(1), .number(-25), .boolean(true), .boolean(false), .null, .string("x\n")]
        #expect(value == .object(["a": .array(list), "b": .object([:])]))
    }

    @Test(arguments: [
        ("", "invalid_json"), ("{", "invalid_json"), ("[1 2]", "invalid_json"), ("tru", "invalid_json"),
        ("-", "invalid_json"), ("1e", "invalid_json"), ("{} {}", "invalid_json"),
        (#"{"a":1,"a":2}"#, "duplicate_field"),
        (#""\ud83d""#, "invalid_utf8"),
    ])
    func whatIsNotStrictJSONIsRefused(_ document: String, _ code: String) {
        let rejection = #expect(throws: Rejection.self) { try JSONValue(parsing: Array(document.utf8)) }
        #expect(rejection?.code == code)
    }
}
