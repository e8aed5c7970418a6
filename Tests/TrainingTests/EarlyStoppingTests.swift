import Testing
import Training

@Suite struct EarlyStoppingTests {
    typealias Score = EarlyStopping.Score

    @Test func `It stops after as many epochs without improvement as patience says`() {
        var stopping = EarlyStopping(patience: 2)
        #expect(stopping.observe(Score(accuracy: 0.5, loss: 1)) == .improved)
        #expect(stopping.observe(Score(accuracy: 0.4, loss: 1)) == .wait)
        #expect(stopping.observe(Score(accuracy: 0.6, loss: 1)) == .improved)
        #expect(stopping.observe(Score(accuracy: 0.6, loss: 1)) == .wait)
        #expect(stopping.observe(Score(accuracy: 0.5, loss: 1)) == .stop)
        #expect(stopping.best == Score(accuracy: 0.6, loss: 1))
    }

    @Test func `Equal accuracy with a lower loss is an improvement`() {
        var stopping = EarlyStopping(patience: 1)
        #expect(stopping.observe(Score(accuracy: 0.5, loss: 1)) == .improved)
        #expect(stopping.observe(Score(accuracy: 0.5, loss: 0.9)) == .improved)
        #expect(stopping.observe(Score(accuracy: 0.5, loss: 0.95)) == .stop)
    }

    @Test func `Patience zero never stops`() {
        var stopping = EarlyStopping(patience: 0)
        #expect(stopping.observe(Score(accuracy: 1, loss: 0)) == .improved)
        for _ in 0..<100 { #expect(stopping.observe(Score(accuracy: 0, loss: 1)) == .wait) }
    }
}
