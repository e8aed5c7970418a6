/// A JSON value whose strings keep every scalar.
///
/// Foundation's decoders collect members in dictionaries of `String`, which take canonically equivalent keys for
/// equal and so lose tokens of a vocabulary. Members stay in an array here.
enum JSONValue: Equatable {
    case null
    case bool(Bool)
    case number(Double)
    case string(String)
    case array([JSONValue])
    case object([Member])

    struct Member: Equatable {
        let name: String
        let value: JSONValue
    }

    /// The kind of value, for messages.
    var kind: String {
        switch self {
        case .null: "null"
        case .bool(let value): "\(value)"
        case .number: "a number"
        case .string: "a string"
        case .array: "an array"
        case .object: "an object"
        }
    }
}

/// A JSON value together with the path that led to it, so that an error can name it.
struct JSONField {
    let value: JSONValue
    let path: String

    /// A member, or null where there is none.
    subscript(name: String) -> JSONField {
        var member = JSONValue.null
        if case .object(let members) = value, let found = members.last(where: { $0.name == name }) {
            member = found.value
        }
        return JSONField(value: member, path: path.isEmpty ? name : "\(path).\(name)")
    }

    var isNull: Bool { value == .null }

    func string() throws -> String {
        guard case .string(let text) = value else { throw mismatch("a string") }
        return text
    }

    func bool() throws -> Bool {
        guard case .bool(let flag) = value else { throw mismatch("true or false") }
        return flag
    }

    /// The value of a flag that may be left out.
    func bool(default standard: Bool) throws -> Bool { isNull ? standard : try bool() }

    /// A whole number from 0 to `Int32.max`.
    func index() throws -> Int32 {
        guard case .number(let number) = value, let index = Int32(exactly: number), index >= 0 else {
            throw mismatch("a whole number from 0 to \(Int32.max)")
        }
        return index
    }

    func elements() throws -> [JSONField] {
        guard case .array(let values) = value else { throw mismatch("an array") }
        return values.enumerated().map { JSONField(value: $1, path: "\(path)[\($0)]") }
    }

    func members() throws -> [(name: String, field: JSONField)] {
        guard case .object(let members) = value else { throw mismatch("an object") }
        return members.map { ($0.name, JSONField(value: $0.value, path: "\(path).\($0.name)")) }
    }

    func mismatch(_ expected: String) -> TokenizerError {
        .invalidField(path: path, expected: expected, found: value.kind)
    }
}
