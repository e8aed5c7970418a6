import Intake
import Schema

/// Body of `POST /v1/tasks/{task}/predict`, checked.
struct PredictionRequest {
    var inputs: [String]
    var topK: Int
    var adapter: AdapterSelector

    init(inputs: [String], topK: Int = 1, adapter: AdapterSelector = .champion) {
        self.inputs = inputs
        self.topK = topK
        self.adapter = adapter
    }

    /// - Throws: ``APIError`` 400 that names the field.
    init(_ body: JSONObject, maximumInputs: Int) throws {
        var body = body
        switch body.take("input") {
        case .string(let text):
            inputs = [text]
            try Self.check(text, "input")
        case .array(let elements):
            guard (1...maximumInputs).contains(elements.count) else {
                throw APIError.invalid(
                    "input", code: elements.isEmpty ? "empty" : "too_many_inputs",
                    "\"input\" must hold 1 to \(maximumInputs) texts, found \(elements.count)")
            }
            inputs = try body.strings(elements, of: "input")
            for (index, text) in inputs.enumerated() { try Self.check(text, "input[\(index)]") }
        case nil: throw body.missing("input", "a text or an array of texts")
        case .some(let value): throw body.wrongType("input", "a string or an array of strings", value)
        }
        topK = try body.integer("top_k", in: 1...1_000) ?? 1
        adapter = try body.string("adapter").map(AdapterSelector.init) ?? .champion
        try body.finish()
    }

    private static func check(_ text: String, _ name: String) throws(APIError) {
        guard text.hasVisibleCharacter else {
            throw .invalid(name, code: "empty", "\"\(name)\" is empty; give a text to classify")
        }
        let limit = ExampleLimits.textBytes
        guard text.utf8.count <= limit else {
            throw .invalid(
                name, code: "too_long", "\"\(name)\" has \(text.utf8.count) bytes of UTF-8, the limit is \(limit)")
        }
    }
}
