import Adapters
import Foundation
import Schema
import Store
import Testing

/// What the program says of versions, without a base model.
@Suite("Adapter commands")
struct AdapterTests {
    @Test("A version whose recipe an older program wrote is shown, missing keys with their defaults")
    func olderVersion() async throws {
        let home = try SystemTest.temporaryHome()
        defer { try? FileManager.default.removeItem(at: home) }
        let digest = "sha256:" + String(repeating: "0", count: 64)
        let store = try Store(home: Home(root: home))
        let task = try TaskName("shop")
        _ = try await store.putTask(task)
        _ = try await store.importVersion(task, digest: digest, metrics: AdapterVersion.Metrics())
        let directory = store.home.adapter(digest)
        try store.close()

        let lineage = AdapterLineage(base: .init(name: "tiny", digest: "sha256:0"), recipe: Recipe())
        let written = try JSONSerialization.jsonObject(with: JSONEncoder().encode(lineage))
        var older = try #require(written as? [String: Any])
        var recipe = try #require(older["recipe"] as? [String: Any])
        #expect(recipe.keys.contains("quarantine"))
        recipe["quarantine"] = nil
        older["recipe"] = recipe
        let manifest: [String: Any] = [
            "format": 1, "labels": ["refund", "parcel"], "lineage": older,
            "features": ["pooling": "mean", "normalization": "l2", "scale": 10] as [String: Any],
        ]
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        try JSONSerialization.data(withJSONObject: manifest).write(to: directory.appending(path: "perennial.json"))

        let show = ["adapter", "show", "shop", "v1", "--home", home.path]
        let words = try await Program.run(show)
        #expect(words.status == 0, "\(words.errors)")
        #expect(words.output.contains("labels   refund, parcel\nbase     tiny sha256:0\n"), "\(words.output)")

        struct Shown: Decodable {
            var version: AdapterVersion
            var lineage: AdapterLineage
            var labels: [String]
        }
        let answer = try await Program.run(show + ["--json"])
        #expect(answer.status == 0, "\(answer.errors)")
        let shown = try JSONDecoder().decode(Shown.self, from: Data(answer.output.utf8))
        #expect(shown.version.version == "v1" && shown.labels == ["refund", "parcel"] && shown.lineage == lineage)
    }

    @Test("A version that the gate rejected is promoted by force alone")
    func force() async throws {
        let home = try SystemTest.temporaryHome()
        defer { try? FileManager.default.removeItem(at: home) }
        let files = Dictionary(uniqueKeysWithValues: AdapterFiles.names.map { ($0, Data($0.utf8)) })
        let digest = ContentDigest(ofFiles: files).description
        let store = try Store(home: Home(root: home))
        let task = try TaskName("shop")
        _ = try await store.putTask(task)
        _ = try await store.append(LedgerBatch([Example(text: "where is it", label: "parcel")]), to: task)
        _ = try await store.requestUpdate(task)
        let work = try #require(try await store.claimNextUpdate())
        let verdict = Verdict(decision: .reject, reason: "worse", slices: [], tolerance: 0.02, confidence: 0.95)
        let candidate = Candidate(digest: digest, metrics: AdapterVersion.Metrics(), verdict: verdict)
        #expect(try await store.reject(work.update.id, candidate).version == "v1")
        let directory = store.home.adapter(digest)
        try store.close()
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        for (name, content) in files { try content.write(to: directory.appending(path: name)) }

        let promote = ["adapter", "promote", "shop", "v1", "--home", home.path]
        let refused = try await Program.run(promote)
        #expect(refused.status == 1 && refused.errors.contains("rejected by the gate"), "\(refused.errors)")
        let forced = try await Program.run(promote + ["--force"])
        #expect(forced.status == 0 && forced.output.hasPrefix("shop is answered by v1 "), "\(forced.errors)")
    }
}
