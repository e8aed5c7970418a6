import Logging
import Serving
import ServiceLifecycle
import Testing

@Suite struct InferenceEngineTests {
    @Test func requestsThatQueueDuringABatchShareTheNextOne() async throws {
        let gate = Gate()
        let fake = FakeClassifier(gate: gate)
        try await withEngine(fake) { engine in
            async let first = engine.probabilities([input("first", 1)])
            await gate.waitForBatch()
            async let second = engine.probabilities([input("second", 2)])
            async let third = engine.probabilities([input("3", 3), input("third", 3)])
            while engine.queueDepth < 3 { await Task.yield() }
            gate.open(times: 2)
            let answers = try await [first, second, third]
            #expect(answers[0] == [expected("first", 1)])
            #expect(answers[1] == [expected("second", 2)])
            #expect(answers[2] == [expected("3", 3), expected("third", 3)])
        }
        #expect(fake.batchesSeen.map { $0.sorted() } == [[5], [1, 5, 6]])
    }

    @Test func aFullQueueRefusesAndSaysWhenToComeBack() async throws {
        let gate = Gate()
        var limits = InferenceEngine.Limits()
        limits.queue = 2
        try await withEngine(FakeClassifier(gate: gate), limits: limits) { engine in
            async let running = engine.probabilities([input("running", 1)])
            await gate.waitForBatch()
            async let waiting = engine.probabilities([input("a", 1), input("b", 1)])
            while engine.queueDepth < 2 { await Task.yield() }
            let error = await #expect(throws: ServingError.self) { try await engine.probabilities([input("c", 1)]) }
            guard case .overloaded(let count, let limit, let seconds) = error else {
                Issue.record("expected overload, got \(String(describing: error))")
                return gate.open(times: 2)
            }
            #expect(count == 2 && limit == 2 && seconds >= 1)
            gate.open(times: 2)
            let runningAnswer = try await running
            #expect(runningAnswer == [expected("running", 1)])
            let waitingAnswer = try await waiting
            #expect(waitingAnswer == [expected("a", 1), expected("b", 1)])
        }
    }

    @Test func aCancelledRequestEndsAtOnceAndLeavesTheQueue() async throws {
        let gate = Gate()
        let fake = FakeClassifier(gate: gate)
        try await withEngine(fake) { engine in
            async let running = engine.probabilities([input("running", 1)])
            await gate.waitForBatch()
            let waiting = Task { try await engine.probabilities([input("waiting", 1)]) }
            while engine.queueDepth < 1 { await Task.yield() }
            waiting.cancel()
            await #expect(throws: CancellationError.self) { try await waiting.value }
            #expect(engine.queueDepth == 0)
            gate.open()
            let runningAnswer = try await running
            #expect(runningAnswer == [expected("running", 1)])
        }
        #expect(fake.batchesSeen == [[7]])
    }

    @Test func aBatchThatFailsFailsItsRequestsAndNoOther() async throws {
        try await withEngine(FakeClassifier()) { engine in
            await #expect(throws: FakeClassifier.Broken.self) { try await engine.probabilities([input("fail", 1)]) }
            let answers = try await engine.probabilities([input("fine", 1)])
            #expect(answers == [expected("fine", 1)])
            let none = try await engine.probabilities([])
            #expect(none.isEmpty)
        }
    }

    @Test func shutdownAnswersWhatWaitsAndTakesNothingNew() async throws {
        let gate = Gate()
        let engine = engine(FakeClassifier(gate: gate))
        let group = ServiceGroup(services: [engine], logger: quiet)
        let running = Task { try await group.run() }
        _ = try await engine.classifier
        async let first = engine.probabilities([input("first", 1)])
        await gate.waitForBatch()
        async let second = engine.probabilities([input("second", 1)])
        while engine.queueDepth < 1 { await Task.yield() }
        await group.triggerGracefulShutdown()
        while await !isShuttingDown(engine) { await Task.yield() }
        gate.open(times: 100)
        let firstAnswer = try await first
        #expect(firstAnswer == [expected("first", 1)])
        let secondAnswer = try await second
        #expect(secondAnswer == [expected("second", 1)])
        try await running.value
        await #expect(throws: ServingError.shuttingDown) { try await engine.probabilities([input("late", 1)]) }
    }

    @Test func beforeTheBaseIsLoadedItIsNotReady() async throws {
        let engine = engine(FakeClassifier())
        await #expect(throws: ServingError.notReady) { try await engine.probabilities([input("early", 1)]) }
    }

    @Test func aBaseThatDoesNotLoadEndsTheService() async throws {
        let engine = InferenceEngine(metrics: ServiceMetrics(), logger: quiet) { throw FakeClassifier.Broken() }
        await #expect(throws: FakeClassifier.Broken.self) { try await engine.run() }
    }

    /// Asks with an input that is answered `shuttingDown` once the shutdown has reached the engine.
    private func isShuttingDown(_ engine: InferenceEngine) async -> Bool {
        let probe = Task { try await engine.probabilities([input("probe", 1)]) }
        probe.cancel()
        do {
            _ = try await probe.value
            return false
        } catch {
            return error as? ServingError == .shuttingDown
        }
    }

    private func input(_ text: String, _ number: Int) -> ClassifierInput {
        let adapter = FakeClassifier.Adapter(labels: ["a", "b", "c"], digest: FakeClassifier.digest(number))
        return ClassifierInput(tokens: text.utf8.map(Int32.init), adapter: adapter)
    }

    private func expected(_ text: String, _ number: Int) -> [Float] {
        FakeClassifier.scores(digest: FakeClassifier.digest(number), tokens: text.utf8.map(Int32.init))
    }

    private func engine(
        _ fake: FakeClassifier, limits: InferenceEngine.Limits = InferenceEngine.Limits()
    ) -> InferenceEngine {
        InferenceEngine(limits: limits, metrics: ServiceMetrics(), logger: quiet) { fake }
    }

    private func withEngine(
        _ fake: FakeClassifier, limits: InferenceEngine.Limits = InferenceEngine.Limits(),
        _ body: @Sendable (InferenceEngine) async throws -> Void
    ) async throws {
        let engine = engine(fake, limits: limits)
        let group = ServiceGroup(services: [engine], logger: quiet)
        let running = Task { try await group.run() }
        _ = try await engine.classifier
        try await body(engine)
        await group.triggerGracefulShutdown()
        try await running.value
    }
}

/// Says nothing.
let quiet = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
