import Dashboards
import Schema
import Testing

@Suite("The story of a drift")
struct DriftStoryTests {
    private let start = Samples.at(-7_000)

    /// The task's report as text, with these events (oldest first) and verdicts.
    private func text(
        _ events: [DriftEvent], verdicts: [DriftVerdict]? = nil, change: (inout TaskReport) -> Void = { _ in }
    ) throws -> String {
        var report = try Samples.task()
        report.drift?.events = events.reversed()
        if let verdicts { report.drift?.verdicts = verdicts }
        change(&report)
        return TaskText.text(report, width: 400, color: false)
    }

    private func event(_ seconds: Double, _ kind: DriftKind, _ level: DriftLevel, update: String? = nil) -> DriftEvent {
        DriftEvent(
            time: Samples.at(seconds), kind: kind, level: level, message: "seen",
            action: level == .drift ? update == nil ? "warn" : "update" : nil, update: update)
    }

    private var calm: [DriftVerdict] {
        [
            DriftVerdict(
                kind: .label, statistic: "psi", value: 0.01, threshold: 0.25,
                samples: .init(reference: 500, current: 250, minimum: 100), level: .ok, advice: "Nothing to do.")
        ]
    }

    @Test("a drift that ended is told with its kinds, its times, what was done and what came of it")
    func ended() throws {
        let text = try text(
            [
                event(-9_000, .input, .drift), event(-8_500, .input, .ok),
                event(-7_000, .prediction, .drift, update: "u4"), event(-6_500, .label, .drift, update: "u5"),
                event(-4_000, .label, .ok), event(-3_000, .prediction, .ok),
            ], verdicts: calm
        ) { report in
            report.updates[1].status = .promoted
            report.updates[1].adapter = AdapterReference(version: "v2", digest: Samples.digest(2))
        }
        #expect(
            text.contains(
                "The last drift, in predictions, labels, was told at 2026-09-21 12:16 and ended at 2026-09-21 13:23."))
        #expect(text.contains("Done: an update was started (u4), promoted as v2; another (u5), training."))
        #expect(text.contains("Forgetting followed: what was learned before the drift is answered 91.0 % right by v4,"))
    }

    @Test("every kind that drifts is named, the longest first")
    func several() throws {
        var verdicts = try #require(try Samples.task().drift?.verdicts)
        verdicts.append(
            DriftVerdict(
                kind: .prediction, statistic: "js", value: 0.3, threshold: 0.1, pValue: 0.001,
                samples: .init(reference: 500, current: 250, minimum: 100), level: .drift, since: Samples.at(-6_800),
                advice: "Look."))
        let text = try text([event(-7_000, .label, .drift)], verdicts: verdicts)
        #expect(text.contains("Drift in labels since 2026-09-21 12:00: PSI 0.310 over 0.250."))
        #expect(text.contains("Also in drift: predictions since 2026-09-21 12:20."))
        #expect(text.contains("Done: a warning was given; no update is started by itself."))
    }

    @Test(
        "the value stands against its own threshold, the p-value against none of it",
        arguments: [
            ("psi", 2.04, 0.25, 0.002, "PSI 2.04 over 0.250, p 0.002"),
            ("ks", 0.12, 0.05, 0.002, "KS 0.120, p 0.002 under 0.050"),
            ("mmd", 0.01, 0.05, 0.41, "MMD 0.010, p 0.410"),
            ("accuracy", 0.7, 0.81, 0.001, "accuracy 0.700 under 0.810, p 0.001"),
            ("adwin", 0.6, 0.002, nil, "ADWIN 0.600, δ 0.002"),
            ("page_hinkley", 3.1, 50, nil, "Page–Hinkley 3.10 under 50.0"),
        ] as [(String, Double, Double, Double?, String)])
    func evidence(statistic: String, value: Double, threshold: Double, pValue: Double?, words: String) throws {
        let verdict = DriftVerdict(
            kind: .input, statistic: statistic, value: value, threshold: threshold, pValue: pValue,
            samples: .init(reference: 500, current: 250, minimum: 100), level: .ok, advice: "")
        #expect(try text([], verdicts: [verdict]).contains(" \(words)  250 against 500"))
    }

    @Test("without a newer version nothing can have been forgotten")
    func nothingNewer() throws {
        let text = try text([event(-100, .label, .drift)])
        #expect(text.contains("No version came into service since then, so nothing was forgotten."))
    }

    @Test("what is answered better is not forgotten")
    func kept() throws {
        let text = try text([event(-7_000, .label, .drift)]) { report in
            report.forgetting.accuracy[3][0] = 1
        }
        #expect(text.contains("No forgetting followed: what was learned before the drift is answered 100.0 % right"))
    }

    @Test("a task that never drifted tells nothing of it")
    func never() throws {
        #expect(try !text([], verdicts: calm).contains("Done:"))
    }
}
