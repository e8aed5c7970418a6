import Intake
import Testing

@Suite struct ExampleFormatTests {
    @Test(arguments: [
        ("application/json", ExampleFormat.json), ("Application/JSON; charset=UTF-8", .json),
        ("application/x-ndjson", .ndjson), ("text/csv;header=present;charset=\"utf-8\"", .csv),
        ("text/csv; charset=latin1", nil), ("text/plain", nil), ("", nil),
    ])
    func aMediaTypeNamesItsFormat(_ mediaType: String, _ format: ExampleFormat?) {
        #expect(ExampleFormat(mediaType: mediaType) == format)
    }

    @Test(arguments: [
        ("a.jsonl", ExampleFormat.ndjson), ("a.b.CSV", .csv), ("x.json", .json), ("x.ndjson", .ndjson), ("x.txt", nil),
        ("x", nil),
    ])
    func aFileNameNamesItsFormat(_ name: String, _ format: ExampleFormat?) {
        #expect(ExampleFormat(fileName: name) == format)
    }
}
