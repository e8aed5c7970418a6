import Adapters
import Foundation
import Tensors
import Testing
import TinyBert
import Transformers

@Suite struct AdapterFilesTests {
    let encoder: any TextEncoder

    init() throws { encoder = try TinyBert.encoder() }

    @Test func `An adapter comes back from its files bit by bit`() throws {
        let adapter = try TinyBert.adapter(encoder)
        let files = try AdapterFiles(adapter, lineage: TinyBert.lineage)
        let restored = try files.adapter(for: encoder)
        #expect(restored.options == adapter.options)
        #expect(restored.labels == adapter.labels)
        #expect(restored.layout == adapter.layout)
        #expect(
            restored.parameters[0..<adapter.layout.count].map(\.bitPattern)
                == adapter.parameters[0..<adapter.layout.count].map(\.bitPattern))
        #expect(try files.lineage() == TinyBert.lineage)
    }

    @Test func `An adapter of the upper layers comes back as one`() throws {
        var options = TinyBert.options
        options.layers = 1
        let adapter = try ClassifierAdapter(options: options, labels: ["a", "b"], encoder: encoder, seed: 1)
        #expect(adapter.layout.lowestLayer == 1)
        #expect(adapter.layout.projections.allSatisfy { $0.site.layer == 1 })
        let restored = try AdapterFiles(adapter, lineage: TinyBert.lineage).adapter(for: encoder)
        #expect(restored.options == options)
        #expect(restored.layout == adapter.layout)
    }

    @Test func `The same adapter and lineage give the same bytes, another lineage another digest`() throws {
        let adapter = try TinyBert.adapter(encoder)
        let files = try AdapterFiles(adapter, lineage: TinyBert.lineage)
        #expect(try AdapterFiles(adapter, lineage: TinyBert.lineage).contents == files.contents)
        var other = TinyBert.lineage
        other.ledger = AdapterLineage.LedgerRange(first: 1, last: 2)
        #expect(try AdapterFiles(adapter, lineage: other).digest != files.digest)
    }

    @Test func `Weights are written as PEFT writes them`() throws {
        let adapter = try TinyBert.adapter(encoder)
        let files = try AdapterFiles(adapter, lineage: TinyBert.lineage)
        let recorded = TinyBert.directory.appendingPathComponent("adapter")
        for name in ["adapter_model.safetensors", "head.safetensors"] {
            let theirs = try tensors(Data(contentsOf: recorded.appendingPathComponent(name)))
            let ours = try tensors(try #require(files.contents[name]))
            #expect(ours == theirs)
        }
        let theirs = try object(Data(contentsOf: recorded.appendingPathComponent("adapter_config.json")))
        let ours = try object(try #require(files.contents["adapter_config.json"]))
        for key in ["r", "lora_alpha", "use_rslora", "lora_dropout", "peft_type", "task_type", "bias"] {
            #expect(ours[key] as? NSObject == theirs[key] as? NSObject, "\(key)")
        }
        #expect(ours["target_modules"] as? [String] == theirs["target_modules"] as? [String])
    }

    @Test(arguments: [
        ("\"r\" : 3", "\"r\" : 4"),
        ("\"peft_type\" : \"LORA\"", "\"peft_type\" : \"IA3\""),
        ("\"bias\" : \"none\"", "\"bias\" : \"all\""),
        ("\"use_dora\" : false", "\"use_dora\" : true"),
        ("\"lora_alpha\" : 6", "\"lora_alpha\" : -6"),
        ("encoder.layer.0.output.dense", "encoder.layer.0.pooler.dense"),
        ("encoder.layer.0.output.dense\"", "encoder.layer.1.output.dense\""),
        ("{", "["),
    ])
    func `A changed configuration is refused`(text: String, replacement: String) throws {
        let directory = try TinyBert.adapterDirectory(encoder)
        defer { try? FileManager.default.removeItem(at: directory) }
        let adapter = try AdapterFiles(contentsOf: directory).adapter(for: encoder)
        let files = try AdapterFiles(adapter, lineage: TinyBert.lineage)
        let original = String(decoding: try #require(files.contents["adapter_config.json"]), as: UTF8.self)
        let range = try #require(original.range(of: text))
        let changed = original.replacingCharacters(in: range, with: replacement)
        try Data(changed.utf8).write(to: directory.appendingPathComponent("adapter_config.json"))
        #expect(throws: AdapterError.self) { try AdapterFiles(contentsOf: directory).adapter(for: encoder) }
    }

    @Test func `A manifest of another format is refused`() throws {
        try expectRefusal { $0["format"] = 2 }
    }

    @Test func `A manifest with other pooling is refused`() throws {
        try expectRefusal { $0["features"] = ["pooling": "cls", "normalization": "l2", "scale": 10] }
    }

    @Test func `A manifest with a repeated label is refused`() throws {
        try expectRefusal { $0["labels"] = ["a", "a", "c", "d", "e"] }
    }

    @Test func `A manifest with fewer labels than the head has rows is refused`() throws {
        try expectRefusal { $0["labels"] = ["a", "b"] }
    }

    @Test func `A lineage with an unknown recipe does not keep an adapter from loading`() throws {
        let directory = try TinyBert.adapterDirectory(encoder)
        defer { try? FileManager.default.removeItem(at: directory) }
        let manifest = directory.appendingPathComponent("perennial.json")
        var fields = try object(Data(contentsOf: manifest))
        fields["lineage"] = ["recipe": ["other": 1]]
        try JSONSerialization.data(withJSONObject: fields).write(to: manifest)
        let files = try AdapterFiles(contentsOf: directory)
        #expect(try files.adapter(for: encoder).labels == TinyBert.labels)
        #expect(throws: AdapterError.self) { try files.lineage() }
    }

    @Test func `Recipe keys that an older program did not write have their defaults`() throws {
        let directory = try TinyBert.adapterDirectory(encoder)
        defer { try? FileManager.default.removeItem(at: directory) }
        let manifest = directory.appendingPathComponent("perennial.json")
        var fields = try object(Data(contentsOf: manifest))
        var lineage = try #require(fields["lineage"] as? [String: Any])
        var recipe = try #require(lineage["recipe"] as? [String: Any])
        #expect(recipe.keys.contains("quarantine"))
        recipe["quarantine"] = nil
        lineage["recipe"] = recipe
        fields["lineage"] = lineage
        try JSONSerialization.data(withJSONObject: fields).write(to: manifest)
        #expect(try AdapterFiles(contentsOf: directory).lineage() == TinyBert.lineage)
        // No other file is needed to say where an adapter comes from.
        for name in AdapterFiles.names where name != "perennial.json" {
            try FileManager.default.removeItem(at: directory.appendingPathComponent(name))
        }
        let origin = try AdapterFiles.origin(in: directory)
        #expect(origin.labels == TinyBert.labels && origin.lineage == TinyBert.lineage)
        try FileManager.default.removeItem(at: manifest)
        #expect(throws: AdapterError.missingFile(name: "perennial.json", directory: directory.path)) {
            _ = try AdapterFiles.origin(in: directory)
        }
    }

    private func expectRefusal(_ change: (inout [String: Any]) -> Void) throws {
        let directory = try TinyBert.adapterDirectory(encoder)
        defer { try? FileManager.default.removeItem(at: directory) }
        let manifest = directory.appendingPathComponent("perennial.json")
        var fields = try object(Data(contentsOf: manifest))
        change(&fields)
        try JSONSerialization.data(withJSONObject: fields).write(to: manifest)
        #expect(throws: AdapterError.self) { try AdapterFiles(contentsOf: directory).adapter(for: encoder) }
    }

    @Test(arguments: AdapterFiles.names)
    func `A missing file is named`(name: String) throws {
        let directory = try TinyBert.adapterDirectory(encoder)
        defer { try? FileManager.default.removeItem(at: directory) }
        try FileManager.default.removeItem(at: directory.appendingPathComponent(name))
        #expect(throws: AdapterError.missingFile(name: name, directory: directory.path)) {
            try AdapterFiles(contentsOf: directory)
        }
    }

    @Test func `A head of another width is refused with both shapes`() throws {
        let directory = try TinyBert.adapterDirectory(encoder)
        defer { try? FileManager.default.removeItem(at: directory) }
        let head = SafetensorsWriter.encode([
            .init(name: "classifier.weight", shape: [5, 16], values: Array(repeating: 0, count: 80)),
            .init(name: "classifier.bias", shape: [5], values: Array(repeating: 0, count: 5)),
        ])
        try Data(head).write(to: directory.appendingPathComponent("head.safetensors"))
        let expected = AdapterError.shapeMismatch(tensor: "classifier.weight", expected: [5, 32], actual: [5, 16])
        #expect(throws: expected) { try AdapterFiles(contentsOf: directory).adapter(for: encoder) }
    }

    @Test func `A weight that is not finite is refused`() throws {
        let directory = try TinyBert.adapterDirectory(encoder)
        defer { try? FileManager.default.removeItem(at: directory) }
        let head = SafetensorsWriter.encode([
            .init(name: "classifier.weight", shape: [5, 32], values: Array(repeating: 0, count: 160)),
            .init(name: "classifier.bias", shape: [5], values: [0, 0, .nan, 0, 0]),
        ])
        try Data(head).write(to: directory.appendingPathComponent("head.safetensors"))
        #expect(throws: AdapterError.self) { try AdapterFiles(contentsOf: directory).adapter(for: encoder) }
    }

    private func tensors(_ data: Data) throws -> [String: [Float]] {
        let file = try SafetensorsFile(name: "test", bytes: Array(data))
        return try Dictionary(uniqueKeysWithValues: file.names.map { ($0, try file.matrix(named: $0).values) })
    }

    private func object(_ data: Data) throws -> [String: Any] {
        try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
    }
}
