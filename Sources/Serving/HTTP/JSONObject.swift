import Intake

/// A JSON object that is read field by field; what is wrong names the field, and what nobody asked for is an error.
struct JSONObject {
    private var fields: [String: JSONValue]
    private var known: [String] = []
    /// Where the object stands in the body, as a prefix of field names: `update.`.
    private let path: String

    init(_ fields: [String: JSONValue], path: String = "") {
        self.fields = fields
        self.path = path
    }

    /// The value of a field; `nil` when it is missing or null.
    mutating func take(_ name: String) -> JSONValue? {
        known.append(name)
        guard let value = fields.removeValue(forKey: name), value != .null else { return nil }
        return value
    }

    mutating func string(_ name: String) throws(APIError) -> String? {
        switch take(name) {
        case nil: return nil
        case .string(let text): return text
        case .some(let value): throw wrongType(name, "a string", value)
        }
    }

    mutating func boolean(_ name: String) throws(APIError) -> Bool? {
        switch take(name) {
        case nil: return nil
        case .boolean(let value): return value
        case .some(let value): throw wrongType(name, "true or false", value)
        }
    }

    mutating func number(_ name: String, in range: ClosedRange<Double>) throws(APIError) -> Double? {
        switch take(name) {
        case nil: return nil
        case .number(let value):
            guard range.contains(value) else {
                throw outOfRange(name, "between \(range.lowerBound) and \(range.upperBound)", value)
            }
            return value
        case .some(let value): throw wrongType(name, "a number", value)
        }
    }

    mutating func integer(_ name: String, in range: ClosedRange<Int>) throws(APIError) -> Int? {
        switch take(name) {
        case nil: return nil
        case .number(let value):
            guard let integer = Int(exactly: value), range.contains(integer) else {
                throw outOfRange(name, "a whole number from \(range.lowerBound) to \(range.upperBound)", value)
            }
            return integer
        case .some(let value): throw wrongType(name, "a whole number", value)
        }
    }

    /// - Parameter content: what the elements must be, in words.
    mutating func array(_ name: String, of content: String) throws(APIError) -> [JSONValue]? {
        switch take(name) {
        case nil: return nil
        case .array(let elements): return elements
        case .some(let value): throw wrongType(name, "an array of \(content)", value)
        }
    }

    mutating func strings(_ name: String) throws(APIError) -> [String]? {
        guard let elements = try array(name, of: "strings") else { return nil }
        return try strings(elements, of: name)
    }

    /// Elements that must all be strings.
    func strings(_ elements: [JSONValue], of name: String) throws(APIError) -> [String] {
        var strings: [String] = []
        for (index, element) in elements.enumerated() {
            guard case .string(let text) = element else { throw wrongType("\(name)[\(index)]", "a string", element) }
            strings.append(text)
        }
        return strings
    }

    mutating func object(_ name: String) throws(APIError) -> JSONObject? {
        switch take(name) {
        case nil: return nil
        case .object(let fields): return JSONObject(fields, path: "\(path)\(name).")
        case .some(let value): throw wrongType(name, "an object", value)
        }
    }

    /// Ends the reading.
    ///
    /// - Throws: when a field is left that was not taken.
    func finish() throws(APIError) {
        guard let name = fields.keys.min() else { return }
        let shown = name.count > 64 ? name.prefix(64) + "…" : name
        let remedy =
            known.isEmpty ? "leave it out" : "use " + known.map { "\"\(path)\($0)\"" }.joined(separator: ", ")
        throw .invalid(path + shown, code: "unknown_field", "\"\(path)\(shown)\" is not a known field; \(remedy)")
    }

    func missing(_ name: String, _ expected: String) -> APIError {
        .invalid(path + name, code: "missing_field", "\"\(path)\(name)\" is missing; give \(expected)")
    }

    func wrongType(_ name: String, _ expected: String, _ found: JSONValue) -> APIError {
        .invalid(path + name, code: "wrong_type", "\"\(path)\(name)\" must be \(expected), found \(found.kind)")
    }

    func outOfRange(_ name: String, _ expected: String, _ found: Double) -> APIError {
        let number = found == found.rounded() && abs(found) < 1e15 ? "\(Int(found))" : "\(found)"
        return .invalid(path + name, code: "out_of_range", "\"\(path)\(name)\" must be \(expected), found \(number)")
    }
}
