import Intake
import Schema

/// What Label Studio sends, as far as it concerns us. Fields we do not know are its own business.
enum LabelStudioPayload {
    /// Bytes of a body: a batch of tasks with all their fields.
    static let maximumBytes = 16_777_216

    /// A task to be answered.
    struct Item {
        /// `nil` where the task has no text in that field.
        var text: String?
    }

    /// Body of `/predict`.
    static func items(_ body: [String: JSONValue]) throws(APIError) -> (LabelingConfiguration, [Item]) {
        var fields = JSONObject(body)
        guard let tasks = try fields.array("tasks", of: "Label Studio tasks") else {
            throw fields.missing("tasks", "an array of Label Studio tasks")
        }
        let configuration = Self.configuration(body["label_config"])
        return (configuration, tasks.map { Item(text: $0["data"]?[configuration.field]?.string) })
    }

    /// Body of `/webhook` for an annotation that was made or changed; `nil` where nothing is to be learned from it: it
    /// was skipped, has no choice, or its task has no text.
    static func annotation(_ body: [String: JSONValue]) -> Example? {
        let annotation = body["annotation"]
        let configuration = Self.configuration(body["project"]?["label_config"])
        guard annotation?["was_cancelled"] != .boolean(true), case .array(let results) = annotation?["result"],
            let task = body["task"], let text = task["data"]?[configuration.field]?.string
        else { return nil }
        let chosen = results.first { $0["from_name"]?.string == configuration.control && $0["type"]?.string == "choices" }
        guard case .array(let choices) = chosen?["value"]?["choices"], choices.count == 1,
            let label = choices.first?.string
        else { return nil }
        // The task is the example's identity: a changed annotation replaces the one before.
        let project = body["project"]?["id"]?.identifier ?? task["project"]?.identifier ?? "0"
        let id = task["id"]?.identifier.map { "label-studio:\(project):\($0)" }
        return Example(text: text, label: label, id: id, source: "label-studio")
    }

    private static func configuration(_ value: JSONValue?) -> LabelingConfiguration {
        value?.string.map(LabelingConfiguration.init(xml:)) ?? LabelingConfiguration()
    }
}

extension JSONValue {
    fileprivate subscript(_ name: String) -> JSONValue? {
        if case .object(let fields) = self { fields[name] } else { nil }
    }

    fileprivate var string: String? {
        if case .string(let text) = self { text } else { nil }
    }

    /// A number or text that names something.
    fileprivate var identifier: String? {
        switch self {
        case .string(let text): text
        case .number(let number): Int(exactly: number).map(String.init)
        default: nil
        }
    }
}
