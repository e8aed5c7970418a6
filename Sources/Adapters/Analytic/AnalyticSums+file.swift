import Foundation
import Tensors

extension AnalyticSums {
    private static let format = "perennial-analytic-1"

    /// A safetensors file: `gram` packed `[P(P+1)/2]`, `sums` and the solved `weights` `[labels, P]`, `counts`
    /// `[labels]`; labels, base and width stand in its metadata. The same sums give the same bytes.
    ///
    /// - Parameters:
    ///   - base: digest of the base model whose features were summed.
    ///   - head: solved from these sums.
    public func encoded(base: String, head: AnalyticHead) throws -> Data {
        let names = try JSONEncoder().encode(labels)
        return Data(
            SafetensorsWriter.encode(
                [
                    SafetensorsWriter.Tensor(
                        name: "gram", shape: [projection.width * (projection.width + 1) / 2],
                        values: Dense.packed(gram)),
                    SafetensorsWriter.Tensor(name: "sums", matrix: sums),
                    SafetensorsWriter.Tensor(name: "weights", matrix: head.weights),
                    SafetensorsWriter.Tensor(name: "counts", shape: [counts.count], values: counts.map(Float.init)),
                ],
                metadata: [
                    "format": Self.format, "base": base, "labels": String(decoding: names, as: UTF8.self),
                    "width": "\(projection.width)", "features": "\(featureWidth)",
                ]))
    }

    /// - Throws: ``AdapterError/invalidFile(name:reason:)``, ``AdapterError/baseMismatch(expected:actual:)``;
    ///   `TensorError` for a file that breaks a rule of its format.
    public init(contentsOf file: URL, base: String) throws {
        let file = try AnalyticFile(file, base: base)
        let packed = try file.tensors.matrix(named: "gram", shape: [file.width * (file.width + 1) / 2])
        _ = try BLAS.information()
        self.init(
            projection: RandomProjection(width: file.width, features: file.features), featureWidth: file.features,
            labels: file.labels, counts: try file.counts(), gram: Dense.unpacked(packed, size: file.width),
            sums: try file.tensors.matrix(named: "sums", shape: [file.labels.count, file.width]))
    }

    fileprivate static var currentFormat: String { format }
}

extension AnalyticHead {
    /// The solved weights of a file, without its sums.
    ///
    /// - Throws: as `AnalyticSums.init(contentsOf:base:)`.
    public init(contentsOf file: URL, base: String) throws {
        let file = try AnalyticFile(file, base: base)
        _ = try BLAS.information()
        let weights = try file.tensors.matrix(named: "weights", shape: [file.labels.count, file.width])
        self.init(
            labels: file.labels, counts: try file.counts(),
            // Copied: a mapping would keep pages of the sums beside them in memory.
            weights: Matrix(rows: weights.rows, columns: weights.columns, values: weights.values),
            projection: RandomProjection(width: file.width, features: file.features))
    }
}

/// A checked header.
private struct AnalyticFile {
    let tensors: SafetensorsFile
    let width: Int
    let features: Int
    let labels: [String]

    init(_ file: URL, base: String) throws {
        let name = file.lastPathComponent
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
        guard let width = metadata["width"].flatMap({ Int($0) }), (1...16_384).contains(width),
            let features = metadata["features"].flatMap({ Int($0) }), (1...16_384).contains(features),
            let labels = try? JSONDecoder().decode([String].self, from: Data((metadata["labels"] ?? "").utf8))
        else { throw AdapterError.invalidFile(name: name, reason: "its metadata lacks width, features or labels") }
        self.width = width
        self.features = features
        self.labels = labels
    }

    func counts() throws -> [Int] {
        try tensors.matrix(named: "counts", shape: [labels.count]).values.map { Int($0) }
    }
}
