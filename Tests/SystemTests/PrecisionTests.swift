import Foundation
import Tensors
import Testing

@Suite("Reduced precision", .enabled(if: SystemTest.hasModel), .serialized)
struct PrecisionTests {
    private static let demo = URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "../../Configs/demo").standardized

    @Test("An adapter trained on the demo's labels gives float32's label for at least 99.5 % of the demo's texts")
    func agreement() async throws {
        let directory = FileManager.default.temporaryDirectory.appending(path: "perennial-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: directory) }
        // Trained until answers are no longer near ties, which any rounding decides.
        _ = try await Program.run([
            "bench", "train", "--data", Self.demo.appending(path: "train.jsonl").path, "--epochs", "4", "--quiet",
            "--save", directory.path,
        ])
        // Of the 288 test texts alone two would be too many.
        let files = ["train.jsonl", "test.jsonl"].map { Self.demo.appending(path: $0) }
        let counts = try files.map { try String(contentsOf: $0, encoding: .utf8).split(separator: "\n").count }
        for precision in [Precision.bfloat16, .int8] where precision.isSupported {
            var agreeing = 0.0
            for (file, count) in zip(files, counts) {
                let result = try await Program.run([
                    "bench", "serve", "--data", file.path, "--adapter", directory.path,
                    "--precision", precision.rawValue, "--batch-size", "32", "--seconds", "0.1", "--json",
                ])
                let report = try JSONDecoder().decode(Report.self, from: Data(result.output.utf8))
                #expect(report.precision == precision && report.tokenize_us > 0)
                agreeing += report.agreement * Double(count)
            }
            #expect(agreeing / Double(counts.reduce(0, +)) >= 0.995, "\(precision)")
        }
    }

    @Test("A precision that the processor does not offer is refused, and the message names what it needs")
    func unsupported() async throws {
        let result = try await Program.run(
            ["bench", "serve", "--data", Self.demo.appending(path: "test.jsonl").path, "--precision", "int8"],
            environment: ["PERENNIAL_KERNELS": "avx2"])
        #expect(result.status == 78)
        #expect(result.errors.contains("avx512_vnni") && result.errors.contains("float32"))
    }

    @Test("A configuration with an unknown precision is refused, and the message names those there are")
    func unknown() async throws {
        let file = FileManager.default.temporaryDirectory.appending(path: "\(UUID().uuidString).yaml")
        defer { try? FileManager.default.removeItem(at: file) }
        try Data("precision: {serving: int4}".utf8).write(to: file)
        let result = try await Program.run(["serve", "--port", "0", "--config", file.path])
        #expect(result.status == 78)
        #expect(result.errors.contains("int4") && result.errors.contains("float32, bfloat16, int8"))
    }

    private struct Report: Decodable {
        var precision: Precision
        var agreement: Double
        var tokenize_us: Double
    }
}
