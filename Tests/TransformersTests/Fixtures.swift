import Foundation
import Tensors
import Testing
import Transformers

/// Recorded values; `Fixtures/make_fixtures.py` made them.
enum Fixtures {
    static func path(_ name: String) throws -> String {
        try #require(Bundle.module.resourceURL).appending(path: "Fixtures").appending(path: name).path
    }

    /// A copy of a tiny model with its configuration edited, removed afterwards.
    static func withModel(
        _ name: String = "tiny-bert", editing edit: (inout [String: Any]) -> Void = { _ in },
        _ body: (String) throws -> Void
    ) throws {
        let directory = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
        try FileManager.default.copyItem(atPath: path(name), toPath: directory.path)
        defer { try? FileManager.default.removeItem(at: directory) }
        let file = directory.appending(path: "config.json")
        var values = try #require(
            try JSONSerialization.jsonObject(with: Data(contentsOf: file)) as? [String: Any])
        edit(&values)
        try JSONSerialization.data(withJSONObject: values).write(to: file)
        try body(directory.path)
    }

    /// The directory of all-MiniLM-L6-v2 where it has been pulled.
    static let baseModel: String? = {
        let environment = ProcessInfo.processInfo.environment
        let home = environment["HOME"] ?? ""
        let path =
            environment["PERENNIAL_TEST_MODEL"] ?? home + "/.local/share/perennial/models/all-MiniLM-L6-v2"
        return FileManager.default.fileExists(atPath: path + "/model.safetensors") ? path : nil
    }()
}

/// Largest difference, each relative to the largest expected magnitude.
func relativeError(_ found: [Float], _ expected: [Float]) -> Float {
    guard found.count == expected.count, let largest = expected.map(abs).max() else { return .infinity }
    return zip(found, expected).map { abs($0 - $1) }.reduce(0) { $1.isNaN ? .infinity : max($0, $1) } / largest
}
