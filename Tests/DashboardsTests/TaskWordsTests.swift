import Dashboards
import Schema
import Testing

@Suite("The story of a task")
struct TaskWordsTests {
    private func text(_ change: (inout TaskReport) -> Void) throws -> String {
        var report = try Samples.task()
        change(&report)
        return TaskText.text(report, width: 400, color: false)
    }

    @Test("The accuracy over all examples stands beside the mean over the experiences that have any")
    func accuracy() throws {
        #expect(
            try text { _ in }.contains(
                "v4 serves and answers 93.8 % of 228 held-out examples right, 94.0 % as the mean over 4 experiences."))
        let three = try text { report in
            for row in report.forgetting.accuracy.indices { report.forgetting.accuracy[row][2] = nil }
        }
        #expect(three.contains("as the mean over 3 experiences."))
        let one = try text { report in
            for row in report.forgetting.accuracy.indices {
                for column in 1..<4 { report.forgetting.accuracy[row][column] = nil }
            }
        }
        #expect(one.contains("93.8 % of 228 held-out examples right."))
    }

    @Test("One is not told as several")
    func singular() throws {
        let one = try text { report in
            report.parked = 1
            report.waiting = 1
            report.versions = []
        }
        #expect(one.contains("No adapter yet: 1 example waits to be learned."))
        #expect(one.contains("1 example is parked after repeated rejection."))
        let several = try text { $0.parked = 1_200 }
        #expect(several.contains("1,200 examples are parked after repeated rejection."))
    }

    @Test("A drift that lasts below its threshold says that it was over it; one to be looked at is not too small")
    func levels() throws {
        func verdict(_ level: DriftLevel, _ statistic: String, _ value: Double?, _ threshold: Double) -> DriftVerdict {
            DriftVerdict(
                kind: .length, statistic: statistic, value: value, threshold: threshold,
                pValue: value == nil ? nil : 0.002, samples: .init(reference: 133, current: 250, minimum: 100),
                level: level, since: level == .drift ? Samples.at(-7_000) : nil, advice: "Look.")
        }
        let text = try text {
            $0.drift?.verdicts = [
                verdict(.drift, "psi", 0.221, 0.25), verdict(.drift, "accuracy", 0.84, 0.81),
                verdict(.drift, "js", 0.3, 0.1), verdict(.insufficient, "ks", nil, 0.05),
            ]
        }
        #expect(text.contains("PSI 0.221, was over 0.250, p 0.002"))
        #expect(text.contains("accuracy 0.840, was under 0.810, p 0.002"))
        #expect(text.contains("JS distance 0.300 over 0.100, p 0.002"))
        #expect(text.contains("\nnot yet length"))
    }
}
