import Adapters
import Foundation
import Testing
import TinyBert
import Transformers

/// `target_modules` as PEFT writes and reads it.
@Suite struct TargetModulesTests {
    private let encoder: any TextEncoder
    private let adapter: ClassifierAdapter

    init() throws {
        encoder = try TinyBert.encoder()
        adapter = try TinyBert.adapter(encoder)
    }

    private func reading(_ modules: Any) throws -> ClassifierAdapter {
        let directory = try TinyBert.adapterDirectory(encoder)
        defer { try? FileManager.default.removeItem(at: directory) }
        let file = directory.appending(path: "adapter_config.json")
        var object = try #require(try JSONSerialization.jsonObject(with: Data(contentsOf: file)) as? [String: Any])
        object["target_modules"] = modules
        try JSONSerialization.data(withJSONObject: object).write(to: file)
        return try AdapterFiles(contentsOf: directory).adapter(for: encoder)
    }

    @Test(arguments: [
        // As PEFT 0.21 shortens all modules of all layers.
        ["intermediate.dense", "output.dense", "value", "key", "query"],
        ["dense", "attention.self.value", "self.key", "query"],
        (0..<2).flatMap { layer in
            ["attention.self.query", "attention.self.key", "attention.self.value", "attention.output.dense"].map {
                "encoder.layer.\(layer).\($0)"
            }
        } + ["intermediate.dense", "layer.0.output.dense", "1.output.dense"],
    ])
    func `A name stands for every module that it ends`(modules: [String]) throws {
        let read = try reading(modules)
        #expect(read.layout == adapter.layout)
        #expect(read.parameters[0..<read.layout.count] == adapter.parameters[0..<adapter.layout.count])
    }

    @Test(arguments: ["ense", "pooler.dense", "layer.0.query", ""])
    func `A name that no module ends with is refused`(stranger: String) {
        #expect(throws: AdapterError.unknownTarget(stranger)) { try reading(["dense", "query", stranger]) }
    }

    @Test func `Modules of some layers alone are refused, and the first that is missing is named`() {
        let error = #expect(throws: AdapterError.self) { try reading(["query", "layer.0.output.dense"]) }
        #expect(error?.description.contains("encoder.layer.1.output.dense") == true)
    }

    @Test(arguments: ["all-linear", ".*query"])
    func `A pattern is refused in so many words`(pattern: String) {
        let expected = AdapterError.unsupported(
            file: "adapter_config.json", field: "target_modules", value: pattern, expected: "a list of module names")
        #expect(throws: expected) { try reading(pattern) }
    }
}
