import Schema

/// The fields of an example, as they are called in JSON and in CSV headers.
enum ExampleField: String, CaseIterable, CustomStringConvertible {
    case text, label, id, source, timestamp

    var description: String { rawValue }

    var isRequired: Bool { self == .text || self == .label }

    static let list: StaticText = "\"text\", \"label\", \"id\", \"source\" or \"timestamp\""
}

/// The fields of one example as they are read, each checked as it comes.
struct ExampleFields {
    private var text: String?
    private var label: String?
    private var id: String?
    private var source: String?
    private var timestamp: Double?

    mutating func set(_ field: ExampleField, to value: String) throws(Fault) {
        try Self.check(value, as: field)
        switch field {
        case .text: text = value
        case .label: label = value
        case .id: id = value
        case .source: source = value
        case .timestamp:
            guard let time = Timestamp(iso8601: value) else { throw .notATime(.timestamp) }
            try setTimestamp(time.seconds)
        }
    }

    mutating func setTimestamp(_ seconds: Double) throws(Fault) {
        guard Self.times.contains(seconds) else { throw .outOfCalendar(.timestamp) }
        timestamp = seconds
    }

    /// Seconds since 1970 of the years 1 to 9999, as ``Timestamp`` reads and writes them: by the Julian calendar before
    /// 1582.
    private static let times = -62_135_769_600.0..<253_402_300_800.0

    func example() throws(Fault) -> Example {
        guard let text else { throw .missing(.text) }
        guard let label else { throw .missing(.label) }
        return Example(text: text, label: label, id: id, source: source, timestamp: timestamp)
    }

    fileprivate static func check(_ value: String, as field: ExampleField) throws(Fault) {
        let bytes = value.utf8
        let limit =
            switch field {
            case .text: ExampleLimits.textBytes
            case .label: ExampleLimits.labelBytes
            case .id: ExampleLimits.idBytes
            case .source, .timestamp: ExampleLimits.sourceBytes
            }
        guard bytes.count <= limit else { throw .tooLong(field, bytes: bytes.count, limit: limit) }
        guard value.hasVisibleCharacter else { throw .empty(field) }
        if field == .text {
            // Text may hold any character but U+0000, at which C interfaces below would cut it.
            if bytes.contains(0) { throw .forbiddenCharacter(field) }
        } else {
            // Names are compared and printed: no invisible differences, no terminal escapes.
            if bytes.contains(where: { $0 < 0x20 || $0 == 0x7F }) { throw .forbiddenCharacter(field) }
            if value.beginsOrEndsWithWhiteSpace { throw .untrimmed(field) }
        }
    }
}

extension Example {
    /// The rule that it breaks of those which hold for what is read from files and bodies: for an example that came
    /// another way.
    public var brokenRule: Rejection? {
        do {
            try ExampleFields.check(text, as: .text)
            try ExampleFields.check(label, as: .label)
            if let id { try ExampleFields.check(id, as: .id) }
            if let source { try ExampleFields.check(source, as: .source) }
            return nil
        } catch {
            return error.rejection(line: 1)
        }
    }
}
