import Schema
import Testing

struct TrainingScheduleTests {
    @Test func `an adapter is trained at once, and again when twice as much was learned`() {
        var schedule = TrainingSchedule()
        var trained: [Int] = []
        for update in 1...20 {
            let isDue = schedule.isDue(with: 500)
            if isDue { trained.append(update) }
            schedule = schedule.adding(500, training: isDue)
        }
        #expect(trained == [1, 2, 4, 8, 16])
        #expect(schedule == TrainingSchedule(examples: 10_000, trained: 8_000))
    }

    @Test func `one large update after small ones is trained on`() {
        #expect(!TrainingSchedule(examples: 600, trained: 500).isDue(with: 300))
        #expect(TrainingSchedule(examples: 600, trained: 500).isDue(with: 8_000))
    }
}
