import Foundation
import Testing

/// Recipes as people write them: what is wrong is named before anything is learned.
@Suite("Recipe files", .enabled(if: SystemTest.hasModel))
struct RecipeTests {
    static let wrong: [(yaml: String, message: String)] = [
        ("optimization:\n  epoch: 3", ":2: unknown key \"optimization.epoch\"; known here: batch_size"),
        ("optimization: {epochs: many}", "optimization.epochs must be a whole number"),
        ("replay: {adaptive: 3}", "replay.adaptive must be true or false"),
        ("analytic: {ridge: much}", "analytic.ridge must be a number"),
        ("adapter: {targets: query}", "adapter.targets must be a list"),
        ("method: {name: replay}", "method must be a text"),
        ("optimization: {min_steps: -1}", "optimization.min_steps must be 0 to 1000000, not -1"),
        ("replay: {bytes: -1}", "replay.bytes must be 1024 to 4294967295, not -1"),
        ("seed: -1", "seed must be a whole number of at least 0, not -1"),
        ("optimization: {epochs: 1.5}", "optimization.epochs must be a whole number, not 1.5"),
        ("replay: {examples: 100000000000000000000}", "replay.examples must be a whole number of at most 18 digits"),
        ("name: mine\nanalytic: {ridge: .nan}", ":2: analytic.ridge must be a finite number, not nan"),
        ("gate: {tolerance: -.inf}", "gate.tolerance must be a finite number, not -inf"),
        ("head: x", "head: \"x\" is not known here; known: blend, adapter, analytic"),
        ("analytic: {kind: qda}", "analytic.kind: \"qda\" is not known here; known: auto, ridge, lda"),
        ("adapter: {targets: [query, x]}", "adapter.targets[1]: \"x\" is not known here; known: query, key"),
        ("optimization: {deepening: 9223372036854775807}", "optimization.deepening must be 0 (never) to 1000"),
        ("optimization: 3", ":1: optimization must be a mapping of keys to values"),
    ]

    @Test("A recipe that cannot be used is refused, and the message names file, key and remedy", arguments: wrong)
    func refused(yaml: String, message: String) async throws {
        let file = FileManager.default.temporaryDirectory.appending(path: "\(UUID().uuidString).yaml")
        defer { try? FileManager.default.removeItem(at: file) }
        try Data(yaml.utf8).write(to: file)
        let result = try await Program.run(["bench", "stream", "--recipe", file.path, "--quiet"])
        #expect(result.status == 78)
        #expect(result.errors.contains(file.path) && result.errors.contains(message), "\(result.errors)")
        #expect(result.output.isEmpty)
    }
}
