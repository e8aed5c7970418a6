import Foundation
import Schema
import Testing

@Suite("Times")
struct TimestampTests {
    @Test(
        "A time is read as what it says",
        arguments: [
            ("2026-01-31T09:30:00Z", "2026-01-31T09:30:00.000Z"),
            ("2026-01-31T09:30:00.25Z", "2026-01-31T09:30:00.250Z"),
            ("2024-02-29T00:30:00+01:00", "2024-02-28T23:30:00.000Z"),
            ("2000-02-29T23:30:00-01:00", "2000-03-01T00:30:00.000Z"),
            ("2026-12-31T23:59:59.999Z", "2026-12-31T23:59:59.999Z"),
            // A leap second, by its own clock and by one that is ahead; the end of a day.
            ("2016-12-31T23:59:60Z", "2017-01-01T00:00:00.000Z"),
            ("2017-01-01T05:29:60+05:30", "2017-01-01T00:00:00.000Z"),
            ("2026-02-28T24:00:00Z", "2026-03-01T00:00:00.000Z"),
            // By the Julian calendar then.
            ("1500-02-29T00:00:00Z", "1500-02-29T00:00:00.000Z"),
        ])
    func read(text: String, written: String) {
        #expect(Timestamp(iso8601: text)?.description == written)
    }

    @Test(
        "A day or a time of day that there is not is refused, not moved",
        arguments: [
            "2026-02-31T09:30:00Z", "2026-02-29T00:00:00Z", "1900-02-29T00:00:00Z", "2026-04-31T00:00:00.000+05:30",
            "2026-06-31T09:30:00+14:00", "2026-13-01T00:00:00Z", "2026-01-00T00:00:00Z", "1582-10-10T00:00:00Z",
            "2026-01-01T25:00:00Z", "2026-01-01T24:00:01Z", "2026-01-01T09:60:00Z", "2026-01-01T23:59:61Z",
        ])
    func refused(text: String) {
        #expect(Timestamp(iso8601: text) == nil)
        #expect(throws: DecodingError.self) {
            try JSONDecoder().decode([Timestamp].self, from: Data("[\"\(text)\"]".utf8))
        }
    }
}
