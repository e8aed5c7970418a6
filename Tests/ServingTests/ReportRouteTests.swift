import Foundation
import Schema
import Store
import Testing

@Suite("Routes of screens and reports")
struct ReportRouteTests {
    @Test("the overview holds the service's figures and every task")
    func overview() async throws {
        try await ServiceHarness.run { harness in
            try await harness.makeTask("one", versions: 2)
            try await harness.makeTask("two")
            try await harness.expect(.post, "/v1/tasks/one/predict", 200, body: #"{"input": "a"}"#)
            let overview = try await harness.expect(.get, "/v1/overview", 200).decode(ServiceOverview.self)
            #expect(overview.tasks.map(\.name) == ["one", "two"])
            #expect(overview.tasks.map(\.champion) == ["v2", nil])
            #expect(overview.predictions.count == 1)
            #expect(overview.base != nil && (overview.uptimeSeconds ?? -1) >= 0)
        }
    }

    @Test("a task's report decodes, and an unknown task is named")
    func report() async throws {
        try await ServiceHarness.run { harness in
            try await harness.makeTask("one", versions: 2)
            let report = try await harness.expect(.get, "/v1/tasks/one/report", 200).decode(TaskReport.self)
            #expect(report.champion?.version == "v2")
            #expect(report.timeline.map(\.cause) == [.promote, .promote])
            #expect(report.evaluation == nil && report.replay == nil && report.drift == nil)
            try await harness.expect(.get, "/v1/tasks/none/report", 404)
        }
    }

    @Test("versions without recorded answers compare on nothing and have no evaluation")
    func compare() async throws {
        try await ServiceHarness.run { harness in
            try await harness.makeTask("one", versions: 2)
            let comparison = try await harness.expect(.get, "/v1/tasks/one/adapters/v1/compare/champion", 200)
                .decode(VersionComparison.self)
            #expect((comparison.from, comparison.to, comparison.examples) == ("v1", "v2", 0))
            try await harness.expect(.get, "/v1/tasks/one/adapters/v1/compare/v9", 404)
            try await harness.expect(.get, "/v1/tasks/one/adapters/x/compare/v1", 400)
            try await harness.expect(.get, "/v1/tasks/one/adapters/v1/evaluation", 409, code: "no_evaluation")
            try await harness.expect(.get, "/v1/updates/none/curve", 404)
        }
    }

    @Test("a version whose recipe an older program wrote is shown, with its lineage")
    func olderVersion() async throws {
        try await ServiceHarness.run { harness in
            try await harness.makeTask("one", versions: 1)
            let recipe = try JSONSerialization.jsonObject(with: JSONEncoder().encode(Recipe()))
            var older = try #require(recipe as? [String: Any])
            #expect(older.keys.contains("quarantine"))
            older["quarantine"] = nil
            let base = ["name": "tiny", "digest": "sha256:0"]
            let ledger = ["first": 3, "last": 7]
            let manifest: [String: Any] = [
                "format": 1, "labels": ["b", "a"],
                "features": ["pooling": "mean", "normalization": "l2", "scale": 10] as [String: Any],
                "lineage": ["base": base, "ledger": ledger, "recipe": older] as [String: Any],
            ]
            let directory = harness.store.home.adapter(FakeClassifier.digest(1))
            try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
            try JSONSerialization.data(withJSONObject: manifest)
                .write(to: directory.appending(path: "perennial.json"))
            let detail = try await harness.expect(.get, "/v1/tasks/one/adapters/v1", 200).decode(AdapterDetail.self)
            #expect(detail.version.version == "v1" && detail.labels == ["b", "a"])
            #expect(detail.lineage.base == "tiny" && detail.lineage.recipe == "default")
            #expect(detail.lineage.firstExample == 3 && detail.lineage.lastExample == 7)
        }
    }

    @Test("the page is drawn from the overview and the worst tasks, or from those that are asked for")
    func page() async throws {
        try await ServiceHarness.run(
            page: { overview, reports in "\(overview.tasks.count) \(reports.map(\.task.name.rawValue))" }
        ) { harness in
            for name in ["a", "b", "c", "d"] { try await harness.makeTask(name) }
            let page = try await harness.expect(.get, "/", 200)
            #expect(page.text == #"4 ["a", "b", "c"]"#)
            #expect(page.header("content-type") == "text/html; charset=utf-8")
            #expect(page.header("content-security-policy")?.hasPrefix("default-src 'none'") == true)
            #expect(try await harness.expect(.get, "/?task=d", 200).text == #"4 ["d"]"#)
            try await harness.expect(.get, "/?task=none", 404)
        }
    }
}
