import Adapters
import Foundation
import Schema
import Tensors
import Testing

/// Files of an analytic head that carry the right digest, and would stop whoever answers by them.
@Suite struct AnalyticFileTests {
    /// Reads sums and head of a file that was changed after it was written.
    private func read(
        _ fit: AnalyticFit = AnalyticTests.fit, metadata changed: [String: String] = [:],
        changing name: String? = nil, to value: Float = 0
    ) throws {
        let sums = try AnalyticSums(width: AnalyticTests.width, features: AnalyticTests.features)
            .adding(AnalyticTests.rows(40))
        let bytes = try sums.encoded(base: "sha256:0", head: sums.head(fit))
        let original = try SafetensorsFile(name: "original", bytes: Array(bytes))
        let tensors = try original.names.map { tensor in
            var values = try original.matrix(named: tensor).values
            if tensor == name { values[1] = value }
            return SafetensorsWriter.Tensor(
                name: tensor, shape: try original.description(of: tensor).shape, values: values)
        }
        var metadata = original.metadata.merging(changed) { $1 }
        if name != nil { metadata["head"] = nil }
        let file = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
        defer { try? FileManager.default.removeItem(at: file) }
        try Data(SafetensorsWriter.encode(tensors, metadata: metadata)).write(to: file)
        _ = try AnalyticSums(contentsOf: file, base: "sha256:0")
        _ = try AnalyticHead(contentsOf: file, base: "sha256:0")
    }

    private static let discriminants = AnalyticFit(.lda, strength: 1e-2)

    @Test func `A file that was written anew without a change is read`() throws {
        try read()
        try read(Self.discriminants)
        try read(changing: "counts", to: 13)
    }

    @Test(arguments: [Float.nan, .infinity, 1e30, 0x1p53, -1, -1e18])
    func `A count that is none is refused`(count: Float) {
        #expect(throws: (any Error).self) { try read(changing: "counts", to: count) }
    }

    @Test(arguments: ["gram", "sums", "weights", "scales", "biases"], [Float.nan, .infinity])
    func `An element that is not a finite number is refused, and its tensor named`(name: String, value: Float) {
        let error = #expect(throws: TensorError.self) { try read(Self.discriminants, changing: name, to: value) }
        #expect(error?.description.contains("\"\(name)\"") == true)
    }

    @Test(arguments: [["a", "b", "a"], ["\u{E9}", "b", "e\u{301}"]])
    func `A label that is listed twice, in whatever spelling, is refused`(labels: [String]) throws {
        let text = String(decoding: try JSONEncoder().encode(labels), as: UTF8.self)
        let error = #expect(throws: AdapterError.self) { try read(metadata: ["labels": text]) }
        #expect(error?.description.contains(labels[2]) == true)
    }

    @Test(arguments: ["nan", "inf", "-inf"])
    func `An advantage that is not a finite number is refused`(advantage: String) {
        let error = #expect(throws: AdapterError.self) { try read(metadata: ["advantage": advantage]) }
        #expect(error?.description.contains("advantage") == true)
    }

    @Test func `A width that the file is too small for is refused before anything is made of that width`() {
        let start = ContinuousClock.now
        let error = #expect(throws: TensorError.self) { try read(metadata: ["width": "16384", "features": "16384"]) }
        guard case .unexpectedShape(_, "gram", [1176], [134_225_920]) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        // To draw the projection took seconds.
        #expect(ContinuousClock.now - start < .seconds(2))
    }
}
