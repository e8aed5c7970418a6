import Adapters
import Foundation
import Schema
import Store
import Synchronization
import Testing

/// Examples that count at once in sums of an adapter's own features.
@Suite(.timeLimit(.minutes(5)))
struct AdaptedSumsTests {
    static let rows = [("aaaa bbbb", "a"), ("cccc dddd", "b"), ("eeee ffff", "c")]

    /// Promotes an update whose sums are of the features of adapter `number`.
    ///
    /// - Parameter parent: of the sums; `nil` where they were made anew.
    @discardableResult
    private func promote(
        _ service: ServiceHarness, adapter number: Int, parent: AnalyticGeneration?,
        _ rows: [(text: String, label: String)], newcomers: Set<String> = [], isDamaged: Bool = false
    ) async throws -> AnalyticGeneration {
        _ = try await service.store.requestUpdate(try TaskName("t"))
        let work = try #require(try await service.store.claimNextUpdate())
        let sums = try AnalyticSums(width: 128, features: 32, isAdapted: true).adding(
            rows.map { row in
                let tokens = row.text.utf8.map(Int32.init)
                return .init(features: FakeClassifier.features(tokens, isAdapted: true), label: row.label)
            }
        ).favouring(Newcomers(newcomers, advantage: 0.2))
        let fit = AnalyticFit(.ridge, strength: 0.01)
        let data = try sums.encoded(base: "sha256:fake", head: sums.head(fit))
        let digest = ContentDigest(of: data).description
        var written = data
        if isDamaged { written[written.count - 1] ^= 1 }
        try written.write(to: service.store.home.analyticGeneration(digest))
        let generation = AnalyticGeneration(
            digest: digest, parent: parent?.digest, examples: sums.count, bytes: data.count, fit: fit,
            isAdapted: true, width: 128, blend: .analyticAlone, experiences: [[1, work.update.experience]])
        let candidate = Candidate(
            digest: FakeClassifier.digest(number), metrics: .init(),
            verdict: Verdict(
                decision: .promote, reason: "", slices: [], attempt: 1, tolerance: 0.02, confidence: 0.95))
        _ = try await service.store.promote(
            work.update.id, Promotion(candidate: candidate, replay: nil, analytic: generation))
        return generation
    }

    @Test func `a new label counts at once, in the features of the adapter that is served`() async throws {
        try await ServiceHarness.run(configure: InstantRouteTests.configure) { service in
            try await service.expect(.put, "/v1/tasks/t", 201, body: InstantRouteTests.task)
            for (text, label) in Self.rows { try await InstantRouteTests.send(service, text, label) }
            let first = try await promote(service, adapter: 1, parent: nil, Self.rows)
            try await InstantRouteTests.send(service, "zzzz yyyy", "new")
            var new = try await InstantRouteTests.ask(service, "zzzz yyyy", counting: 4)
            // The head of before the first adapter may have counted it too.
            while (new.object["adapter"] as? [String: String])?["version"] != "v1" {
                new = try await InstantRouteTests.ask(service, "zzzz yyyy", counting: 4)
            }
            #expect(new.data.first?["label"] as? String == "new")
            #expect(new.data.first?["head"] as? String == "analytic")
            let old = try await InstantRouteTests.ask(service, "aaaa bbbb", counting: 4)
            #expect(old.data.first?["label"] as? String == "a")

            // The next version has the same layers and the sums with the new example; what comes then counts on top.
            let all = Self.rows + [("zzzz yyyy", "new")]
            let second = try await promote(service, adapter: 2, parent: first, all)
            #expect(second.digest != first.digest)
            try await InstantRouteTests.send(service, "qqqq rrrr", "newer")
            let newer = try await InstantRouteTests.ask(service, "qqqq rrrr", counting: 5)
            #expect(newer.data.first?["label"] as? String == "newer")
            let kept = try await InstantRouteTests.ask(service, "zzzz yyyy", counting: 5)
            #expect(kept.data.first?["label"] as? String == "new")
        }
    }

    @Test func `sums that are damaged on disk answer nothing, and the error names their file`() async throws {
        try await ServiceHarness.run(configure: InstantRouteTests.configure) { service in
            try await service.expect(.put, "/v1/tasks/t", 201, body: InstantRouteTests.task)
            for (text, label) in Self.rows { try await InstantRouteTests.send(service, text, label) }
            let sums = try await promote(service, adapter: 1, parent: nil, Self.rows, isDamaged: true)
            let answer = try await service.expect(
                .post, "/v1/tasks/t/predict", 503, body: #"{"input": "aaaa", "adapter": "v1"}"#,
                code: "adapter_unusable")
            #expect(answer.message.contains(service.store.home.analyticGeneration(sums.digest).path))
            #expect(answer.message.contains("restore it from a copy"))
        }
    }

    @Test func `a head that moved on favours the same labels as one that is made anew`() async throws {
        let home = FileManager.default.temporaryDirectory.appending(path: "newcomers-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: home) }
        let moved = Mutex<[String: Double]>([:])
        try await ServiceHarness.run(home: home, configure: InstantRouteTests.configure) { service in
            try await service.expect(.put, "/v1/tasks/t", 201, body: InstantRouteTests.task)
            for (text, label) in Self.rows { try await InstantRouteTests.send(service, text, label) }
            let first = try await promote(service, adapter: 1, parent: nil, Self.rows)
            try await InstantRouteTests.send(service, "zzzz yyyy", "new")
            _ = try await InstantRouteTests.ask(service, "zzzz yyyy", counting: 4)
            try await InstantRouteTests.send(service, "gggg hhhh", "settled")
            _ = try await InstantRouteTests.ask(service, "gggg hhhh", counting: 5)
            let all = Self.rows + [("zzzz yyyy", "new"), ("gggg hhhh", "settled")]
            try await promote(service, adapter: 2, parent: first, all, newcomers: ["new"])
            // Until then the version before answers, with as many examples.
            while try await version(service) != "v2" { await Task.yield() }
            try await InstantRouteTests.send(service, "qqqq rrrr", "newer")
            let scores = try await scores(service)
            moved.withLock { $0 = scores }
        }
        try await ServiceHarness.run(home: home, configure: InstantRouteTests.configure) { service in
            let anew = try await scores(service)
            #expect(anew.count == 6)
            for (label, score) in moved.withLock({ $0 }) {
                let ratio = score / (anew[label] ?? 0)
                #expect(abs(ratio - 1) < 0.02, "\(label): \(score), made anew \(anew[label] ?? 0)")
            }
        }
    }

    private func version(_ service: ServiceHarness) async throws -> String? {
        let answer = try await service.send(.post, "/v1/tasks/t/predict", body: #"{"input": "aaaa"}"#)
        return (answer.object["adapter"] as? [String: String])?["version"]
    }

    private func scores(_ service: ServiceHarness) async throws -> [String: Double] {
        let answer = try await InstantRouteTests.ask(service, "aazz rryy", counting: 6)
        let top = answer.data.first?["top"] as? [[String: Any]] ?? []
        return Dictionary(
            uniqueKeysWithValues: top.compactMap { row in
                (row["label"] as? String).flatMap { label in (row["score"] as? Double).map { (label, $0) } }
            })
    }
}
