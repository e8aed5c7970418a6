/// What a Label Studio project's labelling interface says about text classification: which control chooses among
/// labels, and which field of a task holds the text.
///
///     <View>
///       <Text name="text" value="$body"/>
///       <Choices name="intent" toName="text"><Choice value="refund"/>…</Choices>
///     </View>
package struct LabelingConfiguration: Sendable, Hashable {
    /// `name` of the `Choices` tag.
    package var control = "label"
    /// `name` of the `Text` tag it refers to.
    package var object = "text"
    /// Field of a task's `data` that holds the text.
    package var field = "text"

    package init() {}

    /// Reads the first `Choices` tag and the `Text` tag it refers to; what is missing keeps its usual name.
    package init(xml: String) {
        let tags = Self.tags(of: xml)
        if let choices = tags.first(where: { $0.name == "Choices" }) {
            control = choices.attributes["name"] ?? control
            object = choices.attributes["toName"] ?? object
        }
        let texts = tags.filter { $0.name == "Text" || $0.name == "HyperText" || $0.name == "Paragraphs" }
        guard let text = texts.first(where: { $0.attributes["name"] == object }) ?? texts.first else { return }
        object = text.attributes["name"] ?? object
        if let value = text.attributes["value"], value.hasPrefix("$") { field = String(value.dropFirst()) }
    }

    private typealias Tag = (name: String, attributes: [String: String])

    /// Opening tags with their attributes, comments left out. The interface's own editor has made sure it is XML.
    private static func tags(of xml: String) -> [Tag] {
        var tags: [Tag] = []
        var rest = Substring(xml)
        while let start = rest.firstIndex(of: "<") {
            rest = rest[rest.index(after: start)...]
            if rest.hasPrefix("!--") {
                while !rest.isEmpty, !rest.hasPrefix("-->") { rest = rest.dropFirst() }
                continue
            }
            let name = rest.prefix { $0.isLetter || $0.isNumber }
            rest = rest.dropFirst(name.count)
            guard !name.isEmpty else { continue }
            tags.append((String(name), attributes(&rest)))
        }
        return tags
    }

    private static func attributes(_ rest: inout Substring) -> [String: String] {
        var attributes: [String: String] = [:]
        while let next = rest.first, next != ">" {
            let name = rest.prefix { $0.isLetter || $0.isNumber || $0 == "-" || $0 == "_" || $0 == ":" }
            rest = rest.dropFirst(max(name.count, 1))
            guard !name.isEmpty, rest.first == "=", let quote = rest.dropFirst().first, "\"'".contains(quote) else {
                continue
            }
            let value = rest.dropFirst(2).prefix { $0 != quote }
            rest = rest.dropFirst(3 + value.count)
            attributes[String(name)] = unescaped(value)
        }
        return attributes
    }

    private static func unescaped(_ text: Substring) -> String {
        guard text.contains("&") else { return String(text) }
        var result = ""
        var rest = text
        let entities = [("&quot;", "\""), ("&apos;", "'"), ("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&")]
        while let first = rest.first {
            if let (entity, character) = entities.first(where: { rest.hasPrefix($0.0) }) {
                result += character
                rest = rest.dropFirst(entity.count)
            } else {
                result.append(first)
                rest = rest.dropFirst()
            }
        }
        return result
    }
}
