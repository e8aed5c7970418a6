import Foundation

/// A moment in time, as ISO 8601 with milliseconds in JSON: `2026-01-31T09:30:00.000Z`.
public struct Timestamp: Sendable, Hashable, Comparable, Codable, CustomStringConvertible {
    /// Seconds since 1970.
    public let seconds: Double

    public init(seconds: Double) { self.seconds = seconds }

    public static var now: Self { Self(seconds: Date().timeIntervalSince1970) }

    private static let format = Date.ISO8601FormatStyle(includingFractionalSeconds: true)

    /// Reads date and time with or without fractions of a second, in UTC (`Z`) or with an offset (`+01:00`).
    public init?(iso8601 text: String) {
        guard let date = (try? Self.format.parse(text)) ?? (try? Date.ISO8601FormatStyle().parse(text)),
            Self.isPossible(text)
        else { return nil }
        seconds = date.timeIntervalSince1970
    }

    /// Whether there is such a day and such a time of day, which the parser does not ask: it takes 31 February for
    /// 3 March. A minute may have a leap second, and a day may end at 24:00:00.
    private static func isPossible(_ text: String) -> Bool {
        let digits = UInt8(ascii: "0")...UInt8(ascii: "9")
        let fields = text.utf8.split(maxSplits: 6, whereSeparator: { !digits.contains($0) }).prefix(6)
            .compactMap { Int(Substring($0)) }
        guard fields.count == 6 else { return false }
        let (hour, minute, second) = (fields[3], fields[4], fields[5])
        guard minute < 60, second <= 60, hour < 24 || (hour == 24 && minute == 0 && second == 0) else { return false }
        return hasDay(year: fields[0], month: fields[1], day: fields[2])
    }

    /// By the Julian calendar before 15 October 1582, as the parser reads times.
    private static func hasDay(year: Int, month: Int, day: Int) -> Bool {
        let isLeap = year % 4 == 0 && (year <= 1582 || year % 100 != 0 || year % 400 == 0)
        let lengths = [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
        guard (1...12).contains(month), (1...lengths[month - 1]).contains(day) else { return false }
        return !(year == 1582 && month == 10 && (5...14).contains(day))
    }

    /// To the nearest millisecond, so that what is read from text is written as the same text.
    public var description: String { Date(timeIntervalSince1970: seconds + 0.000_5).formatted(Self.format) }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let text = try container.decode(String.self)
        guard let time = Self(iso8601: text) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "\(text) is not an ISO 8601 time")
        }
        self = time
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }

    public static func < (left: Self, right: Self) -> Bool { left.seconds < right.seconds }
}
