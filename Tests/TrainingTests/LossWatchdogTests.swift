import Testing
import Training

@Suite struct LossWatchdogTests {
    @Test(arguments: [Float.nan, .infinity, -.infinity])
    func `A loss that is not finite ends the run at its step`(loss: Float) throws {
        var watchdog = LossWatchdog(labelCount: 4)
        try watchdog.observe(loss: 1, gradientNorm: 1)
        #expect {
            try watchdog.observe(loss: loss, gradientNorm: 1)
        } throws: { error in
            if case TrainingError.diverged(step: 2, _, _) = error { true } else { false }
        }
    }

    @Test func `Where a run begins is no divergence, however high`() throws {
        var watchdog = LossWatchdog(labelCount: 4)
        try watchdog.observe(loss: 40, gradientNorm: 1)
        try watchdog.observe(loss: 390, gradientNorm: 1)
    }

    @Test func `A gradient that is not finite ends the run`() {
        var watchdog = LossWatchdog(labelCount: 4)
        #expect(throws: TrainingError.diverged(step: 1, loss: 1, reason: "the gradient is not finite")) {
            try watchdog.observe(loss: 1, gradientNorm: .nan)
        }
    }

    @Test func `A low start allows a rise to what new labels cost, and no further`() throws {
        var watchdog = LossWatchdog(labelCount: 1)
        for _ in 0..<10 { try watchdog.observe(loss: 0.01, gradientNorm: 1) }
        try watchdog.observe(loss: 4.9, gradientNorm: 1)
        #expect(throws: TrainingError.self) { try watchdog.observe(loss: 5.1, gradientNorm: 1) }
    }

    @Test func `A high start is exceeded at ten times its mean`() throws {
        var watchdog = LossWatchdog(labelCount: 2)
        for loss in [2, 4] as [Float] { try watchdog.observe(loss: loss, gradientNorm: 1) }
        try watchdog.observe(loss: 29, gradientNorm: 1)
        #expect(throws: TrainingError.self) { try watchdog.observe(loss: 150, gradientNorm: 1) }
    }
}
