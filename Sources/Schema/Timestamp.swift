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
        guard let date = (try? Self.format.parse(text)) ?? (try? Date.ISO8601FormatStyle().parse(text)) else { return nil }
        seconds = date.timeIntervalSince1970
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
