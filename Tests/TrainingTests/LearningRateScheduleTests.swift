import Schema
import Testing
import Training

@Suite struct LearningRateScheduleTests {
    @Test(arguments: [
        (Recipe.Schedule.constant, [2.5, 5, 5, 5, 5, 5, 5, 5, 5, 5] as [Double]),
        (.linear, [4.5, 9, 8, 7, 6, 5, 4, 3, 2, 1]),
    ])
    func `Rates of ten steps with two of warm-up`(shape: Recipe.Schedule, expected: [Double]) {
        let peak = expected.max() ?? 0
        let schedule = LearningRateSchedule(shape: shape, peak: peak, warmupSteps: 2, totalSteps: 10)
        for (step, rate) in expected.enumerated() { #expect(abs(schedule.rate(at: step + 1) - rate) < 1e-12) }
    }

    @Test func `Cosine is at half its height half-way`() {
        let schedule = LearningRateSchedule(shape: .cosine, peak: 2, warmupSteps: 0, totalSteps: 10)
        #expect(schedule.rate(at: 1) == 2)
        #expect(abs(schedule.rate(at: 6) - 1) < 1e-12)
        #expect(schedule.rate(at: 10) > 0)
    }

    @Test(arguments: [Recipe.Schedule.constant, .linear, .cosine], [1, 2, 5, 30, 1_000])
    func `No rate is zero or above the peak, and the peak is reached`(shape: Recipe.Schedule, steps: Int) {
        let schedule = LearningRateSchedule(shape: shape, peak: 0.002, warmupSteps: 20, totalSteps: steps)
        let rates = (1...steps).map(schedule.rate)
        #expect(rates.allSatisfy { $0 > 0 && $0 <= 0.002 })
        #expect(rates.max() == 0.002)
    }
}
