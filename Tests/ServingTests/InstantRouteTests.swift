import Foundation
import Schema
import Serving
import Store
import Testing

/// Examples that count in the next answer, without an update.
@Suite(.timeLimit(.minutes(5)))
struct InstantRouteTests {
    static func configure(_ configuration: inout PerennialService.Configuration) {
        configuration.recipe = { name in
            var recipe = Recipe()
            recipe.head = name == "naive" ? .adapter : .blend
            recipe.analytic.projection = name == "narrow" ? 64 : 128
            recipe.analytic.ridge = 0.01
            return recipe
        }
    }

    /// Who waits for what never comes, waits past the suite's limit.
    private static func waiting(_ configuration: inout PerennialService.Configuration) {
        configure(&configuration)
        configuration.patience = .seconds(3_600)
    }

    private static func impatient(_ configuration: inout PerennialService.Configuration) {
        configure(&configuration)
        configuration.patience = .milliseconds(20)
    }

    static let task =
        #"{"kind": "classify", "update": {"holdout": 0, "min_examples": 1000, "max_wait_seconds": 86400}}"#

    static func send(_ harness: ServiceHarness, _ text: String, _ label: String) async throws {
        try await harness.expect(
            .post, "/v1/tasks/t/examples", 200, body: #"{"text": "\#(text)", "label": "\#(label)"}"#)
    }

    /// Asks until what was sent is counted: acknowledgement and answer come over different ways.
    static func ask(_ harness: ServiceHarness, _ text: String, counting examples: Int) async throws -> Answer {
        while true {
            let answer = try await harness.send(
                .post, "/v1/tasks/t/predict", body: #"{"input": "\#(text)", "top_k": 9}"#)
            let analytic = answer.object["analytic"] as? [String: Any]
            if answer.status != 200 || analytic?["examples"] as? Int == examples { return answer }
            await Task.yield()
        }
    }

    /// Asks until the answer is as it should be, for a minute at most.
    static func ask(_ harness: ServiceHarness, until isRight: (Answer) -> Bool) async throws -> Answer {
        let end = ContinuousClock.now + .seconds(60)
        while true {
            let answer = try await harness.send(.post, "/v1/tasks/t/predict", body: #"{"input": "aaaa bbbb"}"#)
            if isRight(answer) || ContinuousClock.now > end { return answer }
            await Task.yield()
        }
    }

    static func change(_ harness: ServiceHarness, recipe: String) async throws {
        try await harness.expect(
            .put, "/v1/tasks/t", 200, body: #"{"kind": "classify", "update": {"recipe": "\#(recipe)"}}"#)
    }

    @Test func `a task that has examples but no adapter answers, and says which head did`() async throws {
        try await ServiceHarness.run(configure: Self.configure) { harness in
            try await harness.expect(.put, "/v1/tasks/t", 201, body: Self.task)
            try await harness.expect(.post, "/v1/tasks/t/predict", 409, body: #"{"input": "a"}"#, code: "no_adapter")
            try await Self.send(harness, "aaaa bbbb", "first")
            let one = try await Self.ask(harness, "aaaa bbbb", counting: 1)
            #expect(one.data.first?["label"] as? String == "first")
            #expect(one.data.first?["head"] as? String == "analytic")
            try await Self.send(harness, "zzzz yyyy", "second")
            let two = try await Self.ask(harness, "zzzz xyyy", counting: 2)
            #expect(two.data.first?["label"] as? String == "second")
            #expect((two.data.first?["top"] as? [Any])?.count == 2)
            let adapters = [one, two].map { $0.object["adapter"] as? [String: String] }
            #expect(adapters.map { $0?["version"] } == ["instant", "instant"])
            #expect(adapters[0]?["digest"] != adapters[1]?["digest"])
        }
    }

    @Test func `a relabelled text counts for its new label only`() async throws {
        try await ServiceHarness.run(configure: Self.configure) { harness in
            try await harness.expect(.put, "/v1/tasks/t", 201, body: Self.task)
            try await Self.send(harness, "aaaa bbbb", "wrong")
            try await Self.send(harness, "zzzz yyyy", "other")
            #expect(try await Self.ask(harness, "aaaa bbbb", counting: 2).data.first?["label"] as? String == "wrong")
            try await Self.send(harness, "aaaa bbbb", "right")
            var label: String?
            while label != "right" {
                label = try await Self.ask(harness, "aaaa bbbb", counting: 2).data.first?["label"] as? String
            }
        }
    }

    @Test func `after a restart all that was acknowledged counts again`() async throws {
        let home = FileManager.default.temporaryDirectory.appending(path: "instant-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: home) }
        try await ServiceHarness.run(home: home, configure: Self.configure) { harness in
            try await harness.expect(.put, "/v1/tasks/t", 201, body: Self.task)
            try await Self.send(harness, "aaaa bbbb", "first")
            try await Self.send(harness, "zzzz yyyy", "second")
        }
        try await ServiceHarness.run(home: home, configure: Self.configure) { harness in
            let answer = try await Self.ask(harness, "zzzz yyyy", counting: 2)
            #expect(answer.status == 200, "\(answer.text)")
            #expect(answer.data.first?["label"] as? String == "second")
        }
    }

    @Test func `a held-out example teaches nothing`() async throws {
        let text = "held out \((0..<1_000).first { ContentHash("held out \($0)").fraction < 0.4 } ?? 0)"
        try await ServiceHarness.run(configure: Self.configure) { harness in
            try await harness.expect(
                .put, "/v1/tasks/t", 201, body: #"{"kind": "classify", "update": {"holdout": 0.4}}"#)
            // What a label has no other example of is learned.
            try await Self.send(harness, "aaaa bbbb", "secret")
            try await Self.send(harness, text, "secret")
            try await Self.send(harness, "zzzz yyyy", "open")
            let answer = try await Self.ask(harness, text, counting: 2)
            #expect((answer.object["analytic"] as? [String: Any])?["examples"] as? Int == 2, "\(answer.text)")
        }
    }

    @Test func `a task whose recipe has no analytic head waits for its adapter`() async throws {
        try await ServiceHarness.run(configure: Self.configure) { harness in
            try await harness.expect(
                .put, "/v1/tasks/t", 201, body: #"{"kind": "classify", "update": {"holdout": 0, "recipe": "naive"}}"#)
            try await Self.send(harness, "aaaa bbbb", "first")
            try await harness.expect(
                .post, "/v1/tasks/t/predict", 409, body: #"{"input": "aaaa bbbb"}"#, code: "no_adapter")
        }
    }

    @Test func `a head that a recipe took away comes back with another recipe`() async throws {
        try await ServiceHarness.run(configure: Self.configure) { harness in
            try await harness.expect(.put, "/v1/tasks/t", 201, body: Self.task)
            try await Self.send(harness, "aaaa bbbb", "first")
            #expect(try await Self.ask(harness, "aaaa bbbb", counting: 1).status == 200)
            try await Self.change(harness, recipe: "naive")
            #expect(try await Self.ask(harness, until: { $0.status == 409 }).status == 409)
            try await Self.change(harness, recipe: "default")
            let answer = try await Self.ask(harness, until: { $0.status == 200 })
            #expect(answer.data.first?["label"] as? String == "first", "\(answer.text)")
        }
    }

    @Test func `another recipe makes another head`() async throws {
        try await ServiceHarness.run(configure: Self.configure) { harness in
            let digest = { (answer: Answer) in (answer.object["adapter"] as? [String: String])?["digest"] }
            try await harness.expect(.put, "/v1/tasks/t", 201, body: Self.task)
            try await Self.send(harness, "aaaa bbbb", "first")
            let old = digest(try await Self.ask(harness, "aaaa bbbb", counting: 1))
            try await Self.change(harness, recipe: "narrow")
            let new = digest(try await Self.ask(harness, until: { $0.status == 200 && digest($0) != old }))
            #expect(old != nil && new != nil && old != new)
        }
    }

    @Test func `a head that failed once is made again without another example`() async throws {
        let classifier = FakeClassifier()
        try await ServiceHarness.run(classifier: classifier, configure: Self.configure) { harness in
            try await harness.expect(.put, "/v1/tasks/t", 201, body: Self.task)
            classifier.fail(times: 1)
            try await Self.send(harness, "aaaa bbbb", "first")
            let answer = try await Self.ask(harness, until: { $0.status == 200 })
            #expect(answer.data.first?["label"] as? String == "first", "\(answer.text)")
        }
    }

    @Test func `a task that nothing was sent to says so at once, whatever of others waits`() async throws {
        let gate = Gate()
        try await ServiceHarness.run(classifier: FakeClassifier(gate: gate), configure: Self.waiting) { harness in
            defer { gate.open(times: 100) }
            for name in ["t", "empty"] { try await harness.expect(.put, "/v1/tasks/\(name)", 201, body: Self.task) }
            try await Self.send(harness, "aaaa bbbb", "first")
            // The example of the other task is being counted, and stays so.
            await gate.waitForBatch()
            try await harness.expect(
                .post, "/v1/tasks/empty/predict", 409, body: #"{"input": "a"}"#, code: "no_adapter")
        }
    }

    @Test func `a task whose examples take too long to count asks for patience`() async throws {
        let gate = Gate()
        try await ServiceHarness.run(classifier: FakeClassifier(gate: gate), configure: Self.impatient) { harness in
            defer { gate.open(times: 100) }
            try await harness.expect(.put, "/v1/tasks/t", 201, body: Self.task)
            try await Self.send(harness, "aaaa bbbb", "first")
            await gate.waitForBatch()
            try await harness.expect(
                .post, "/v1/tasks/t/predict", 503, body: #"{"input": "a"}"#, code: "not_ready")
        }
    }

    static func sendMany(_ harness: ServiceHarness, _ count: Int, to task: String) async throws {
        let lines = (0..<count).map { #"{"text": "text \#($0)", "label": "label \#($0 % 2)"}"# }
        try await harness.expect(
            .post, "/v1/tasks/\(task)/examples", 200, type: "application/x-ndjson",
            body: lines.joined(separator: "\n"))
    }

    @Test func `a task of many examples answers from those that count by now, and from all in the end`() async throws {
        let gate = Gate()
        try await ServiceHarness.run(classifier: FakeClassifier(gate: gate), configure: Self.impatient) { harness in
            defer { gate.open(times: 1_000) }
            try await harness.expect(.put, "/v1/tasks/t", 201, body: Self.task)
            try await Self.sendMany(harness, 40, to: "t")
            // The first part is counted, the second stands at the gate.
            await gate.waitForBatch()
            gate.open()
            await gate.waitForBatch()
            let opening = Task {
                await gate.waitForBatch()
                gate.open(times: 1_000)
            }
            let answer = try await harness.expect(.post, "/v1/tasks/t/predict", 200, body: #"{"input": "text 1"}"#)
            #expect((answer.object["analytic"] as? [String: Any])?["examples"] as? Int == 16)
            await opening.value
            #expect(try await Self.ask(harness, "text 1", counting: 40).status == 200)
        }
    }

    @Test func `within its patience an answer waits for all examples, however many parts they come in`() async throws {
        try await ServiceHarness.run(configure: Self.waiting) { harness in
            try await harness.expect(.put, "/v1/tasks/t", 201, body: Self.task)
            try await Self.sendMany(harness, 60, to: "t")
            let answer = try await harness.expect(.post, "/v1/tasks/t/predict", 200, body: #"{"input": "text 1"}"#)
            #expect((answer.object["analytic"] as? [String: Any])?["examples"] as? Int == 60)
        }
    }

    @Test func `a task of few examples has its turn before all of another one's are counted`() async throws {
        let gate = Gate()
        let classifier = FakeClassifier(gate: gate)
        try await ServiceHarness.run(classifier: classifier, configure: Self.waiting) { harness in
            defer { gate.open(times: 1_000) }
            for name in ["many", "t"] { try await harness.expect(.put, "/v1/tasks/\(name)", 201, body: Self.task) }
            try await Self.sendMany(harness, 200, to: "many")
            await gate.waitForBatch()
            let text = "longer than any other text here"
            try await Self.send(harness, text, "first")
            gate.open(times: 1_000)
            for name in ["t", "many"] {
                try await harness.expect(.post, "/v1/tasks/\(name)/predict", 200, body: #"{"input": "a"}"#)
            }
            let batches = classifier.batchesSeen
            let few = try #require(batches.firstIndex { $0 == [text.utf8.count] })
            let last = try #require(batches.lastIndex { $0.count > 1 })
            #expect(few < last)
        }
    }

    @Test func `an answer waits for no example that is held out`() async throws {
        let texts = (0..<1_000).map { "text \($0)" }
        let heldOut = try #require(texts.first { ContentHash($0).fraction < 0.4 })
        let open = try #require(texts.first { ContentHash($0).fraction > 0.6 })
        try await ServiceHarness.run(configure: Self.waiting) { harness in
            try await harness.expect(
                .put, "/v1/tasks/t", 201, body: #"{"kind": "classify", "update": {"holdout": 0.4}}"#)
            let lines = [open, heldOut].map { #"{"text": "\#($0)", "label": "a"}"# }.joined(separator: "\n")
            try await harness.expect(.post, "/v1/tasks/t/examples", 200, type: "application/x-ndjson", body: lines)
            try await harness.expect(.post, "/v1/tasks/t/predict", 200, body: #"{"input": "a"}"#)
        }
    }

    @Test func `what is set aside counts no more, and counts again once released`() async throws {
        try await ServiceHarness.run(configure: Self.configure) { harness in
            try await harness.expect(.put, "/v1/tasks/t", 201, body: Self.task)
            for (text, label) in AdaptedSumsTests.rows { try await Self.send(harness, text, label) }
            _ = try await Self.ask(harness, "aaaa bbbb", counting: 3)
            _ = try await harness.store.requestUpdate(TaskName("t"))
            let work = try #require(try await harness.store.claimNextUpdate())
            let doubted = try #require(work.training.first).sequence
            let suspicion = Suspicion(loss: 6, disagreement: 1, suggested: "b", pValue: 0.002)
            _ = try await harness.store.setAside([doubted: suspicion], from: work.update.id)
            #expect(try await Self.ask(harness, "aaaa bbbb", counting: 2).status == 200)
            try await harness.expect(.post, "/v1/tasks/t/quarantine/release", 200, body: #"{"all": true}"#)
            let answer = try await Self.ask(harness, "aaaa bbbb", counting: 3)
            #expect(answer.data.first?["label"] as? String == "a")
        }
    }

    @Test func `what ten tasks wait to learn counts, also after one of them was promoted`() async throws {
        try await ServiceHarness.run(configure: Self.configure) { harness in
            for number in 0..<10 {
                let task = "/v1/tasks/t\(number)"
                try await harness.expect(.put, task, 201, body: Self.task)
                for (text, label) in AdaptedSumsTests.rows {
                    try await harness.expect(
                        .post, task + "/examples", 200, body: #"{"text": "\#(text)", "label": "\#(label)"}"#)
                }
            }
            for number in 0..<10 {
                var counted: Int?
                while counted != 3 {
                    let answer = try await harness.send(
                        .post, "/v1/tasks/t\(number)/predict", body: #"{"input": "cccc dddd"}"#)
                    counted = (answer.object["analytic"] as? [String: Any])?["examples"] as? Int
                    if counted == 3 { #expect(answer.data.first?["label"] as? String == "b") }
                }
            }
        }
    }

    @Test func `a deleted task leaves nothing behind`() async throws {
        try await ServiceHarness.run(configure: Self.configure) { harness in
            try await harness.expect(.put, "/v1/tasks/t", 201, body: Self.task)
            try await Self.send(harness, "aaaa bbbb", "first")
            _ = try await Self.ask(harness, "aaaa bbbb", counting: 1)
            try await harness.expect(.delete, "/v1/tasks/t", 200)
            try await harness.expect(.put, "/v1/tasks/t", 201, body: Self.task)
            try await harness.expect(.post, "/v1/tasks/t/predict", 409, body: #"{"input": "a"}"#, code: "no_adapter")
        }
    }
}
