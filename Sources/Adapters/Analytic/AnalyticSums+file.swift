import Foundation
import Tensors

extension AnalyticSums {
    private static let format = "perennial-analytic-1"

    /// A safetensors file: `gram` packed `[P(P+1)/2]`, `sums` and the solved `weights` `[labels, P]`, `counts`
    /// `[labels]`, with discriminants `scales` and `biases` too; labels, newcomers, base, width and whose features they
    /// are stand in its metadata. The same sums give the same bytes.
    ///
    /// - Parameters:
    ///   - base: digest of the base model whose features were summed.
    ///   - head: solved from these sums.
    public func encoded(base: String, head: AnalyticHead) throws -> Data {
        func encoded(_ names: [String]) throws -> String {
            String(decoding: try JSONEncoder().encode(names), as: UTF8.self)
        }
        func ofLabels(_ name: String, _ values: [Float]) -> SafetensorsWriter.Tensor {
            SafetensorsWriter.Tensor(name: name, shape: [values.count], values: values)
        }
        return Data(
            SafetensorsWriter.encode(
                [
                    SafetensorsWriter.Tensor(
                        name: "gram", shape: [projection.width * (projection.width + 1) / 2],
                        values: Dense.packed(gram)),
                    SafetensorsWriter.Tensor(name: "sums", matrix: sums),
                    SafetensorsWriter.Tensor(name: "weights", matrix: head.weights),
                    ofLabels("counts", counts.map(Float.init)),
                ]
                    + (head.kind == .lda ? [ofLabels("scales", head.scales), ofLabels("biases", head.biases)] : []),
                metadata: [
                    "format": Self.format, "base": base, "labels": try encoded(labels),
                    "newcomers": try encoded(newcomers.labels.sorted()), "advantage": "\(newcomers.advantage)",
                    "width": "\(projection.rows)", "features": "\(projection.featureWidth)",
                    "adapted": "\(isAdapted)", "head": head.contentDigest,
                ]))
    }

    /// - Parameter digest: `sha256:…` that the file's content must have; `nil` where that was checked before.
    /// - Throws: ``AdapterError/damagedFile(path:expected:actual:)``, ``AdapterError/invalidFile(name:reason:)``,
    ///   ``AdapterError/baseMismatch(expected:actual:)``, ``AdapterError/unreadable(path:reason:)``; `TensorError` for a
    ///   file that breaks a rule of its format.
    public init(contentsOf file: URL, digest: String? = nil, base: String) throws {
        let file = try AnalyticFile(file, digest: digest, base: base)
        _ = try BLAS.information()
        self.init(
            projection: file.projection, isAdapted: file.isAdapted, labels: file.labels, counts: try file.counts(),
            newcomers: file.newcomers,
            gram: Dense.unpacked(try file.matrix("gram", file.gramShape), size: file.projection.width),
            sums: try file.matrix("sums", [file.labels.count, file.projection.width]))
    }

    /// Whom the head of a file favours, where these labels are known: the file's newcomers, and labels that it lacks.
    ///
    /// - Throws: as ``init(contentsOf:digest:base:)``.
    public static func newcomers(
        contentsOf file: URL, digest: String, base: String, among labels: [String]
    ) throws -> Newcomers {
        let file = try AnalyticFile(file, digest: digest, base: base)
        let newer = Set(labels).subtracting(file.labels)
        return Newcomers(file.newcomers.labels.union(newer), advantage: file.newcomers.advantage)
    }

    fileprivate static var currentFormat: String { format }
}

extension AnalyticHead {
    /// The solved weights of a file, without its sums: checked against their own digest, a part of the file is read.
    ///
    /// - Throws: as `AnalyticSums.init(contentsOf:digest:base:)`.
    public init(contentsOf file: URL, base: String) throws {
        let path = file.path
        let file = try AnalyticFile(file, digest: nil, base: base)
        _ = try BLAS.information()
        let counts = try file.counts()
        let saved = try file.matrix("weights", [counts.count, file.projection.width])
        // Copied: a mapping would keep pages of the sums beside them in memory.
        let weights = Matrix(rows: saved.rows, columns: saved.columns, values: saved.values)
        if file.tensors.contains("biases") {
            self.init(
                labels: file.labels, counts: counts, discriminants: weights,
                scales: try file.ofLabels("scales"), biases: try file.ofLabels("biases"), projection: file.projection,
                isAdapted: file.isAdapted)
        } else {
            self.init(
                labels: file.labels, counts: counts, newcomers: file.newcomers, ridge: weights,
                projection: file.projection, isAdapted: file.isAdapted)
        }
        // Files of before have none.
        guard let expected = file.tensors.metadata["head"], expected != contentDigest else { return }
        throw AdapterError.damagedFile(path: path, expected: expected, actual: contentDigest)
    }

    /// Over what a file holds of it.
    fileprivate var contentDigest: String {
        var bytes = Data()
        for values in [weights.values, counts.map(Float.init)] + (kind == .lda ? [scales, biases] : []) {
            values.withUnsafeBytes { bytes.append(contentsOf: $0) }
        }
        return ContentDigest(of: bytes).description
    }
}

/// A checked header.
private struct AnalyticFile {
    let tensors: SafetensorsFile
    let projection: RandomProjection
    let isAdapted: Bool
    /// Distinct.
    let labels: [String]
    /// None in files of before there were any.
    let newcomers: Newcomers

    /// - Throws: ``AdapterError/damagedFile(path:expected:actual:)`` before anything is made of its content.
    init(_ file: URL, digest: String?, base: String) throws {
        let name = file.lastPathComponent
        if let expected = try digest.map(ContentDigest.init(_:)) {
            let actual = try ContentDigest(ofFile: file)
            guard actual == expected else {
                throw AdapterError.damagedFile(
                    path: file.path, expected: expected.description, actual: actual.description)
            }
        }
        tensors = try SafetensorsFile(path: file.path)
        let metadata = tensors.metadata
        guard metadata["format"] == AnalyticSums.currentFormat else {
            throw AdapterError.invalidFile(
                name: name,
                reason: "its format is \(metadata["format"] ?? "missing"), not \(AnalyticSums.currentFormat)")
        }
        guard metadata["base"] == base else {
            throw AdapterError.baseMismatch(expected: metadata["base"] ?? "an unnamed one", actual: base)
        }
        guard let width = metadata["width"].flatMap({ Int($0) }), (0...16_384).contains(width),
            let features = metadata["features"].flatMap({ Int($0) }), (1...16_384).contains(features),
            let labels = try? JSONDecoder().decode([String].self, from: Data((metadata["labels"] ?? "").utf8))
        else { throw AdapterError.invalidFile(name: name, reason: "its metadata lacks width, features or labels") }
        var distinct: Set<String> = []
        if let label = labels.first(where: { !distinct.insert($0).inserted }) {
            throw AdapterError.invalidFile(name: name, reason: "it lists the label \"\(label)\" twice")
        }
        let advantage = metadata["advantage"].flatMap { Float($0) } ?? 0
        guard advantage.isFinite else {
            throw AdapterError.invalidFile(name: name, reason: "its advantage \(advantage) is not a finite number")
        }
        // Before a projection is drawn that the file may be far too small for.
        let gram = try tensors.description(of: "gram").shape
        let expected = Self.gramShape(width: width == 0 ? features : width)
        guard gram == expected else {
            throw TensorError.unexpectedShape(path: file.path, tensor: "gram", found: gram, expected: expected)
        }
        projection = RandomProjection(width: width, features: features)
        self.labels = labels
        isAdapted = metadata["adapted"] == "true"
        newcomers = Newcomers(
            (try? JSONDecoder().decode([String].self, from: Data((metadata["newcomers"] ?? "").utf8))) ?? [],
            advantage: advantage)
    }

    var gramShape: [Int] { Self.gramShape(width: projection.width) }

    private static func gramShape(width: Int) -> [Int] { [width * (width + 1) / 2] }

    func matrix(_ name: String, _ shape: [Int]) throws -> Matrix {
        try tensors.matrix(named: name, shape: shape, finite: true)
    }

    /// One number for each label.
    func ofLabels(_ name: String) throws -> [Float] { try matrix(name, [labels.count]).values }

    /// Examples of each label.
    func counts() throws -> [Int] {
        let counts = try ofLabels("counts")
        let limit: Float = 0x1p53
        if let count = counts.first(where: { !(0..<limit).contains($0) }) {
            throw AdapterError.invalidFile(
                name: tensors.path, reason: "it counts \(count) examples of a label, not 0 to fewer than 2⁵³")
        }
        guard counts.reduce(0, { $0 + Double($1) }) < Double(limit) else {
            throw AdapterError.invalidFile(name: tensors.path, reason: "it counts more than 2⁵³ examples")
        }
        return counts.map { Int($0) }
    }
}
