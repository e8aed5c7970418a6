import Foundation
import Schema
import Tensors
import Transformers

/// The files an adapter is kept in: four, and a fifth where its method hands something to the next update.
///
/// `adapter_config.json` and `adapter_model.safetensors` are what Hugging Face PEFT writes for LoRA on the base
/// model's `AutoModel` class, and loads unchanged; `head.safetensors` holds `classifier.weight` and
/// `classifier.bias`; `perennial.json` the labels, how features are pooled, and the lineage; `method.safetensors`, if
/// there is one, flat tensors laid out like the parameters.
public struct AdapterFiles: Sendable {
    static let configuration = "adapter_config.json"
    static let weights = "adapter_model.safetensors"
    static let head = "head.safetensors"
    static let manifest = "perennial.json"
    static let carried = "method.safetensors"
    public static let names = [configuration, weights, head, manifest]

    /// Content by file name.
    public let contents: [String: Data]

    /// Over all files; names the adapter.
    public var digest: ContentDigest { ContentDigest(ofFiles: contents) }

    /// What stands in `directory`; further files there are ignored.
    ///
    /// - Throws: ``AdapterError/missingFile(name:directory:)``, ``AdapterError/unreadable(path:reason:)``.
    public init(contentsOf directory: URL) throws(AdapterError) {
        var contents: [String: Data] = [:]
        for name in Self.names { contents[name] = try Self.content(of: name, in: directory) }
        if FileManager.default.fileExists(atPath: directory.appendingPathComponent(Self.carried).path) {
            contents[Self.carried] = try Self.content(of: Self.carried, in: directory)
        }
        self.contents = contents
    }

    static func content(of name: String, in directory: URL) throws(AdapterError) -> Data {
        let file = directory.appendingPathComponent(name)
        guard FileManager.default.fileExists(atPath: file.path) else {
            throw .missingFile(name: name, directory: directory.path)
        }
        do {
            return try Data(contentsOf: file)
        } catch {
            throw .unreadable(path: file.path, reason: error.localizedDescription)
        }
    }

    init(contents: [String: Data]) { self.contents = contents }
}

// MARK: - From and to an adapter

extension AdapterFiles {
    /// The same adapter and lineage give the same bytes.
    public init(_ adapter: ClassifierAdapter, lineage: AdapterLineage) throws(AdapterError) {
        let (layout, parameters) = (adapter.layout, adapter.parameters)
        let lowRank = layout.projections.flatMap { projection in
            [
                SafetensorsWriter.Tensor(
                    name: Self.key(projection, "A"), matrix: layout.a(of: projection, in: parameters)),
                SafetensorsWriter.Tensor(
                    name: Self.key(projection, "B"), matrix: layout.b(of: projection, in: parameters)),
            ]
        }
        let head = [
            SafetensorsWriter.Tensor(name: Self.headWeight, matrix: adapter.headWeight),
            SafetensorsWriter.Tensor(
                name: Self.headBias, shape: [adapter.labels.count], values: adapter.headBias.values),
        ]
        let configuration = PEFTConfiguration(options: adapter.options, layout: layout, baseModel: lineage.base.name)
        // The metadata that Hugging Face's readers look for.
        let metadata = ["format": "pt"]
        var contents = [
            Self.configuration: try Self.json(configuration, Self.configuration),
            Self.weights: Data(SafetensorsWriter.encode(lowRank, metadata: metadata)),
            Self.head: Data(SafetensorsWriter.encode(head, metadata: metadata)),
            Self.manifest: try Self.json(AdapterManifest(adapter, lineage: lineage), Self.manifest),
        ]
        if !adapter.carried.isEmpty {
            let tensors = adapter.carried.map { name, values in
                SafetensorsWriter.Tensor(name: name, shape: [values.count], values: values)
            }
            contents[Self.carried] = Data(SafetensorsWriter.encode(tensors))
        }
        self.contents = contents
    }

    /// The adapter, once every file and shape has been checked against `encoder`.
    ///
    /// - Throws: ``AdapterError``; `TensorError` for a safetensors file that breaks a rule of its format.
    public func adapter(for encoder: any TextEncoder) throws -> ClassifierAdapter {
        let configuration = try decode(PEFTConfiguration.self, Self.configuration)
        try configuration.requireSupported()
        let manifest = try decode(AdapterManifest.Head.self, Self.manifest)
        try manifest.requireSupported()

        var options = Recipe.AdapterOptions()
        options.rank = configuration.rank
        options.alpha = configuration.alpha
        options.rankStabilized = configuration.rankStabilized
        options.dropout = configuration.dropout
        options.featureScale = manifest.features.scale
        (options.targets, options.layers) = try Self.places(of: configuration, encoder: encoder)
        try options.validate()

        let layout = try AdapterLayout(options: options, labelCount: manifest.labels.count, encoder: encoder)
        var shapes: [TensorPlace] = []
        for projection in layout.projections {
            shapes.append(
                TensorPlace(Self.key(projection, "A"), [layout.rank, projection.inputWidth], projection.a))
            shapes.append(
                TensorPlace(Self.key(projection, "B"), [projection.outputWidth, layout.rank], projection.b))
        }
        let head = [
            TensorPlace(Self.headWeight, [layout.labelCount, layout.featureWidth], layout.headWeight),
            TensorPlace(Self.headBias, [layout.labelCount], layout.headBias),
        ]
        var parameters = [Float](repeating: 0, count: layout.count)
        try read(shapes, of: Self.weights, into: &parameters)
        try read(head, of: Self.head, into: &parameters)
        return try ClassifierAdapter(
            options: options, labels: manifest.labels, layout: layout, parameters: parameters,
            carried: try carried(count: layout.count))
    }

    private func carried(count: Int) throws -> [String: [Float]] {
        guard let bytes = contents[Self.carried] else { return [:] }
        let file = try SafetensorsFile(name: Self.carried, bytes: Array(bytes))
        var carried: [String: [Float]] = [:]
        for name in file.names {
            var values = [Float](repeating: 0, count: count)
            try read([TensorPlace(name, [count], 0..<count)], of: file, into: &values)
            carried[name] = values
        }
        return carried
    }

    private static let headWeight = "classifier.weight"
    private static let headBias = "classifier.bias"

    private static func key(_ projection: AdapterLayout.Projection, _ matrix: String) -> String {
        "base_model.model.\(projection.path).lora_\(matrix).weight"
    }

    /// Kinds of projections that the module names stand for, and in how many of the uppermost layers; each of these
    /// layers must have all of them, as in training here.
    ///
    /// A name stands for every module whose path it is, or ends: PEFT saves the shortest names that say the same.
    private static func places(
        of configuration: PEFTConfiguration, encoder: any TextEncoder
    ) throws(AdapterError) -> (targets: [TargetModule], layers: Int) {
        var adapted: [SiteDescription] = []
        for name in configuration.targetModules {
            let named = encoder.sites.filter { $0.path == name || $0.path.hasSuffix("." + name) }
            if named.isEmpty { throw .unknownTarget(name) }
            adapted += named
        }
        let modules = Set(adapted.map(\.site.module))
        let lowest = adapted.map(\.site.layer).min() ?? 0
        let expected = encoder.sites.filter { $0.site.layer >= lowest && modules.contains($0.site.module) }
        if let missing = expected.first(where: { !adapted.contains($0) }) {
            throw .unsupported(
                file: Self.configuration, field: PEFTConfiguration.CodingKeys.targetModules.rawValue,
                value: "a list without \(missing.path)",
                expected: "a list of the same modules in each layer from the lowest adapted one up")
        }
        return (
            TargetModule.allCases.filter { modules.map(\.rawValue).contains($0.rawValue) },
            lowest == 0 ? 0 : encoder.layerCount - lowest
        )
    }

    private struct TensorPlace {
        var name: String
        var shape: [Int]
        var range: Range<Int>
        init(_ name: String, _ shape: [Int], _ range: Range<Int>) {
            self.name = name
            self.shape = shape
            self.range = range
        }
    }

    /// Copies exactly the tensors in `places` to their ranges.
    private func read(_ places: [TensorPlace], of name: String, into parameters: inout [Float]) throws {
        let file = try SafetensorsFile(name: name, bytes: Array(contents[name] ?? Data()))
        if let stranger = Set(file.names).subtracting(places.map(\.name)).min() {
            throw AdapterError.unexpectedTensor(name: stranger, file: name)
        }
        try read(places, of: file, into: &parameters)
    }

    private func read(_ places: [TensorPlace], of file: SafetensorsFile, into parameters: inout [Float]) throws {
        for place in places {
            let name = file.path
            guard file.contains(place.name) else { throw AdapterError.missingTensor(name: place.name, file: name) }
            let actual = try file.description(of: place.name).shape
            guard actual == place.shape else {
                throw AdapterError.shapeMismatch(tensor: place.name, expected: place.shape, actual: actual)
            }
            let values = try file.matrix(named: place.name).values
            if let index = values.firstIndex(where: { !$0.isFinite }) {
                throw AdapterError.invalidFile(
                    name: name, reason: "element \(index) of \(place.name) is not a finite number")
            }
            parameters.replaceSubrange(place.range, with: values)
        }
    }

    private static func json(_ value: some Encodable, _ name: String) throws(AdapterError) -> Data {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        do {
            return try encoder.encode(value) + Data("\n".utf8)
        } catch {
            throw .invalidFile(name: name, reason: "\(error)")
        }
    }

    func decode<Value: Decodable>(_ type: Value.Type, _ name: String) throws(AdapterError) -> Value {
        do {
            return try JSONDecoder().decode(type, from: contents[name] ?? Data())
        } catch let error as AdapterError {
            throw error
        } catch {
            throw .invalidFile(name: name, reason: "\(error)")
        }
    }
}
