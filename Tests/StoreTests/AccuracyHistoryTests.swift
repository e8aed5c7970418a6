import Schema
import Store
import Testing

@Suite("Accuracy history")
struct AccuracyHistoryTests {
    @Test("each update's accuracy on every slice known then, and what the parent and the untrained model knew before")
    func history() async throws {
        try await StoreFixture.with(holdout: 0.5) { fixture in
            for experience in 1...3 {
                let held = texts(4, heldOut: true, share: 0.5, prefix: "\(experience)")
                let trained = texts(1, heldOut: false, share: 0.5, prefix: "\(experience)")
                try await fixture.append((trained + held).map { Example(text: $0, label: "label \(experience)") })
                let work = try await fixture.claim()
                var promotion = Promotion.fixture(work)
                promotion.candidate.evaluations = (1...experience).map {
                    SliceEvaluation(experience: $0, correct: 4 - (experience - $0), total: 4)
                }
                promotion.parentOnNewSlice = SliceEvaluation(experience: experience, correct: 1, total: 4)
                promotion.untrainedOnNewSlice = SliceEvaluation(experience: experience, correct: 0, total: 4)
                _ = try await fixture.store.promote(work.update.id, promotion)
            }
            let history = try await fixture.store.accuracyHistory(fixture.task)
            #expect(history.report.versions == ["v1", "v2", "v3"])
            #expect(history.report.accuracy == [[1, nil, nil], [0.75, 1, nil], [0.5, 0.75, 1]])
            #expect(history.report.slices.map(\.experience) == [1, 2, 3])
            #expect(history.report.slices.map(\.labels) == [["label 1"], ["label 2"], ["label 3"]])
            #expect(history.report.slices.map(\.holdout) == [4, 4, 4])
            #expect(history.beforeLearning == [nil, 0.25, 0.25])
            #expect(history.untrained == [0, 0, 0])
        }
    }

    @Test("a task that has learned nothing has an empty history")
    func empty() async throws {
        try await StoreFixture.with { fixture in
            let report = try await fixture.store.accuracyHistory(fixture.task).report
            #expect(report.slices.isEmpty && report.versions.isEmpty && report.accuracy.isEmpty)
        }
    }
}
