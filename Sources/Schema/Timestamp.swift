import Foundation

/// A moment in time, as ISO 8601 with milliseconds in JSON: `2026-01-31T09:30:00.000Z`.
public struct Timestamp: Sendable, Hashable, Comparable, Codable, CustomStringConvertible {
    /// Seconds since 1970.
    public let seconds: Double

    public init(seconds: Double) { self.seconds = seconds }

    public static var now: Self { Self(seconds: Date().timeIntervalSince1970) }

    private static let format = Date.ISO8601FormatStyle(includingFractionalSeconds: true)

    public var description: String { Date(timeIntervalSince1970: seconds).formatted(Self.format) }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let text = try container.decode(String.self)
        guard let date = try? Self.format.parse(text) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "\(text) is not an ISO 8601 time")
        }
        seconds = date.timeIntervalSince1970
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }

    public static func < (left: Self, right: Self) -> Bool { left.seconds < right.seconds }
}
