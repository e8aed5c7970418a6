import Schema

/// A broken rule, kept as values until someone wants to read it.
enum Fault: Error, Equatable {
    /// `offset`: bytes before the place, from the start of the line or document.
    case invalidJSON(offset: Int, expected: StaticText)
    case invalidUTF8
    case notAnObject(found: JSONKind)
    case missing(ExampleField)
    case unknown(String, known: StaticText)
    case repeated(String)
    case wrongType(ExampleField, found: JSONKind)
    case empty(ExampleField)
    case tooLong(ExampleField, bytes: Int, limit: Int)
    case lineTooLong(limit: Int)
    /// A time before the year 1 or after the year 9999.
    case outOfCalendar(ExampleField)
    case forbiddenCharacter(ExampleField)
    case untrimmed(ExampleField)
    case columnCount(found: Int, expected: Int)
    case notATime(ExampleField)
    case misplacedQuote
    case unclosedQuote
    case emptyDocument
    case documentTooLong(limit: Int)

    func rejection(line: Int) -> Rejection {
        Rejection(line: line, field: field, code: code, message: message)
    }

    var field: String? {
        switch self {
        case .missing(let field), .wrongType(let field, _), .empty(let field), .tooLong(let field, _, _),
            .outOfCalendar(let field), .forbiddenCharacter(let field), .untrimmed(let field), .notATime(let field):
            field.rawValue
        case .unknown(let name, _), .repeated(let name): Self.shortened(name)
        default: nil
        }
    }

    var code: String {
        switch self {
        case .invalidJSON: "invalid_json"
        case .invalidUTF8: "invalid_utf8"
        case .notAnObject, .wrongType, .notATime: "wrong_type"
        case .missing: "missing_field"
        case .unknown: "unknown_field"
        case .repeated: "duplicate_field"
        case .empty: "empty"
        case .tooLong, .lineTooLong, .documentTooLong: "too_long"
        case .outOfCalendar: "out_of_range"
        case .forbiddenCharacter: "forbidden_character"
        case .untrimmed: "surrounding_space"
        case .columnCount: "column_count"
        case .misplacedQuote, .unclosedQuote: "invalid_quote"
        case .emptyDocument: "empty_document"
        }
    }

    var message: String {
        switch self {
        case .invalidJSON(let offset, let expected):
            "not valid JSON at byte \(offset + 1): expected \(expected.text)"
        case .invalidUTF8:
            "not valid UTF-8; convert the input to UTF-8 (lone surrogates such as \\ud800 are no text either)"
        case .notAnObject(let found):
            "expected an object such as {\"text\": \"…\", \"label\": \"…\"}, found \(found.words)"
        case .missing(let field):
            "\"\(field)\" is missing; every example needs \"text\" and \"label\""
        case .unknown(let name, let known):
            "\"\(Self.shortened(name))\" is not a known field; use \(known.text)"
        case .repeated(let name):
            "\"\(Self.shortened(name))\" is given more than once; give it once"
        case .wrongType(let field, let found):
            field == .timestamp
                ? "\"timestamp\" must be seconds since 1970 or an ISO 8601 time such as 2026-01-31T09:30:00Z, found \(found.words)"
                : "\"\(field)\" must be a string, found \(found.words)"
        case .empty(let field):
            field.isRequired
                ? "\"\(field)\" is empty; give at least one visible character"
                : "\"\(field)\" is empty; leave the field out instead"
        case .tooLong(let field, let bytes, let limit):
            "\"\(field)\" has \(bytes) bytes of UTF-8, the limit is \(limit); shorten it"
                + (field == .text ? " or split the example" : "")
        case .lineTooLong(let limit):
            "the line is longer than \(limit) bytes; end each example with a line break and shorten its text"
        case .outOfCalendar(let field):
            "\"\(field)\" must lie in the years 1 to 9999; give seconds, not milliseconds, since 1970 or an ISO 8601 time"
        case .forbiddenCharacter(let field):
            field == .text
                ? "\"text\" contains the character U+0000; remove it"
                : "\"\(field)\" contains a control character; remove it"
        case .untrimmed(let field):
            "\"\(field)\" begins or ends with white space; trim it"
        case .columnCount(let found, let expected):
            "the row has \(found) fields, the header \(expected); quote fields that contain commas or line breaks"
        case .notATime(let field):
            "\"\(field)\" must be seconds since 1970 or an ISO 8601 time such as 2026-01-31T09:30:00Z"
        case .misplacedQuote:
            "a quote stands inside a field; quote the whole field and double the quotes in it"
        case .unclosedQuote:
            "a quoted field is never closed; end it with a quote and double the quotes in it"
        case .emptyDocument:
            "the input is empty; send one example, an array of them, or {\"examples\": […]}"
        case .documentTooLong(let limit):
            "a JSON document may have \(limit) bytes; send newline-delimited JSON, which has no limit"
        }
    }

    /// Names come from the outside: enough of them to be recognised, not enough to flood an answer.
    private static func shortened(_ name: String) -> String {
        name.count > 64 ? name.prefix(64) + "…" : name
    }
}

/// A constant text; a `StaticString` that can be compared.
struct StaticText: Equatable, ExpressibleByStringLiteral, Sendable {
    let text: String
    init(stringLiteral text: String) { self.text = text }
}
