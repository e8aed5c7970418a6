import Foundation
import Schema
import Testing

@Suite("Values of reports")
struct ReportValueTests {
    @Test("An evaluation counts labels, confusions and calibration")
    func evaluation() throws {
        let report = EvaluationReport(
            version: "v1",
            answers: [
                .init(expected: "a", predicted: "a", score: 0.9), .init(expected: "a", predicted: "b", score: 0.95),
                .init(expected: "b", predicted: "b", score: 0.55), .init(expected: "a", predicted: "b", score: 1),
            ])
        #expect(report.correct == 2)
        #expect(report.labels.map(\.label) == ["a", "b"])
        #expect(report.labels.map(\.predicted) == [1, 3])
        #expect(report.confusions == [.init(expected: "a", predicted: "b", count: 2)])
        #expect(report.calibration.map(\.examples) == [1, 3])
        // One of three right at a mean score of 0.95; one of one at 0.55.
        let expected = 3.0 / 4 * (0.95 - 1.0 / 3) + 1.0 / 4 * (1 - 0.55)
        #expect(abs((report.calibrationError ?? 0) - expected) < 1e-9)
        #expect(EvaluationReport(version: "v1", answers: []).calibrationError == nil)
    }

    @Test("A curve stays within its bound, keeps its ends and its mean", arguments: [1, 120, 121, 5_000])
    func curve(steps: Int) {
        var curve = TrainingCurve()
        for step in 1...steps { curve.observe(step: step, loss: Double(step)) }
        #expect(curve.points.count <= TrainingCurve.maximumPoints)
        #expect(curve.points.count >= min(steps, TrainingCurve.maximumPoints / 2 - 1))
        #expect(zip(curve.points, curve.points.dropFirst()).allSatisfy { $0.step < $1.step && $0.loss < $1.loss })
        #expect(curve.step == steps)
    }

    @Test("When a curve is halved, its newest point waits for its neighbour")
    func halved() {
        var curve = TrainingCurve()
        let steps = TrainingCurve.maximumPoints + 2
        for step in 1...steps { curve.observe(step: step, loss: Double(step)) }
        #expect(curve.points.last == .init(step: steps, loss: Double(steps) - 0.5))
    }

    @Test("A report of more rejections than it lists says how many it leaves out, merged too")
    func omitted() throws {
        func report(_ lines: Range<Int>) -> IngestReport {
            var report = IngestReport()
            for line in lines { report.reject(Rejection(line: line, field: nil, code: "invalid_json", message: "no")) }
            return report
        }
        func field(_ report: IngestReport) throws -> Int? {
            let data = try JSONEncoder().encode(report)
            #expect(try JSONDecoder().decode(IngestReport.self, from: data) == report)
            return (try JSONSerialization.jsonObject(with: data) as? [String: Any])?["errors_omitted"] as? Int
        }
        var whole = report(0..<60)
        #expect(try field(whole) == 0)
        whole.merge(report(60..<1_000))
        #expect(whole.errors.map(\.line) == Array(0..<100))
        #expect(try field(whole) == 900)
    }

    @Test("An adapter version has all of its fields, those without a value as null")
    func version() throws {
        let data = try JSONEncoder().encode(AdapterVersion(version: "v1", digest: "sha256:0", state: .retired))
        let fields = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
        let names = ["created_at", "digest", "metrics", "parent", "state", "update", "version"]
        #expect(fields.keys.sorted() == names)
        #expect(fields["parent"] is NSNull && fields["update"] is NSNull)
    }

    @Test("A comparison says which labels gained and lost, and which texts changed, lost ones first")
    func comparison() throws {
        let comparison = VersionComparison(
            task: try TaskName("t"), from: "v1", to: "v2",
            answers: [
                .init(text: "1", label: "a", from: "b", to: "a"), .init(text: "2", label: "b", from: "b", to: "a"),
                .init(text: "3", label: "b", from: "b", to: "b"), .init(text: "4", label: "c", from: "a", to: "b"),
            ])
        #expect((comparison.correctFrom, comparison.correctTo) == (2, 2))
        #expect(comparison.labels.map(\.label) == ["b", "a"])
        #expect(comparison.labels.map(\.gain) == [-1, 1])
        #expect(comparison.changed.map(\.text) == ["2", "4", "1"])
        #expect(comparison.changes == 3)
    }

    @Test("Quantiles lie within their bucket, and a service that began anew starts from nought")
    func latency() {
        let early = LatencyHistogram(bounds: [1, 2, 4], counts: [2, 2, 0, 0])
        let late = LatencyHistogram(bounds: [1, 2, 4], counts: [2, 6, 0, 0])
        #expect(late.since(early).counts == [0, 4, 0, 0])
        #expect(late.since(early).quantile(0.5) == 1.5)
        #expect(early.since(late).counts == early.counts)
        #expect(LatencyHistogram(bounds: [1], counts: [0, 3]).quantile(0.99) == 1)
        #expect(LatencyHistogram().quantile(0.5) == nil)
    }

    @Test("A replay memory is counted by label, experience and rehearsal")
    func replay() {
        let composition = ReplayComposition(
            items: [
                .init(label: "a", textBytes: 10, experience: 1, rehearsals: 0),
                .init(label: "a", textBytes: 20, experience: 2, rehearsals: 4),
                .init(label: "b", textBytes: 30, experience: 2, rehearsals: 25),
            ], offered: 9, storedBytes: 30)
        #expect(composition.compression == 2)
        #expect(composition.labels.map(\.rehearsed) == [2, 25])
        #expect(composition.experiences.map(\.exemplars) == [1, 2])
        #expect(composition.rehearsals.map(\.exemplars) == [1, 0, 1, 0, 0, 1])
    }

    @Test("Worst first: drift and failure before forgetting, then names")
    func order() {
        let overview = ServiceOverview(tasks: [
            TaskSummary(name: "b"), TaskSummary(name: "a"), TaskSummary(name: "forgets", forgetting: 0.2),
            TaskSummary(name: "drifts", drift: .init(level: .drift)), TaskSummary(name: "parked", parked: 1),
            TaskSummary(name: "rejected", update: .init(id: "u", status: .rejected, progress: 1, time: .now)),
        ])
        #expect(overview.worstFirst.map(\.name) == ["drifts", "parked", "forgets", "rejected", "a", "b"])
    }

    @Test("An excerpt of a long history has its beginning and its end, and the metrics of all of it")
    func excerpt() throws {
        func report(_ updates: Int) throws -> ForgettingReport {
            var report = ForgettingReport(
                task: try TaskName("t"),
                slices: (1...updates).map { .init(experience: $0, labels: ["l\($0)"], holdout: $0) },
                versions: (1...updates).map { "v\($0)" },
                accuracy: (1...updates).map { row in
                    (1...updates).map { $0 <= row ? Double(row * 100 + $0) : nil }
                })
            report.forgetting = 0.25
            return report
        }
        let whole = try report(6)
        #expect(whole.excerpt(6) == whole && !whole.isExcerpt)
        let excerpt = try report(9).excerpt(6)
        #expect(excerpt.isExcerpt && excerpt.forgetting == 0.25)
        #expect(excerpt.versions == ["v1", "v2", "v6", "v7", "v8", "v9"])
        #expect(excerpt.slices.map(\.experience) == [1, 2, 6, 7, 8, 9])
        #expect(excerpt.accuracy[1] == [201, 202, nil, nil, nil, nil])
        #expect(excerpt.accuracy[5] == [901, 902, 906, 907, 908, 909])
    }

    @Test("A drift report survives JSON, and says the worst of its verdicts")
    func drift() throws {
        let samples = DriftVerdict.Samples(reference: 200, current: 100, minimum: 50)
        let time = Timestamp(seconds: 1_000)
        let report = DriftReport(
            task: try TaskName("t"), time: time, adapter: "v1",
            verdicts: [
                DriftVerdict(
                    kind: .input, statistic: "auc", value: 0.6, samples: samples, level: .watch, advice: "look"),
                DriftVerdict(
                    kind: .label, statistic: "psi", value: 0.3, samples: samples, level: .drift, since: time,
                    advice: "learn"),
            ])
        #expect(report.level == .drift && report.worst?.kind == .label)
        let data = try JSONEncoder().encode(report)
        #expect(try JSONDecoder().decode(DriftReport.self, from: data) == report)
        #expect(String(decoding: data, as: UTF8.self).contains("\"p_value\":null"))
    }
}
