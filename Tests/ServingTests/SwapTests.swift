import Foundation
import RecordedLog
import Schema
import Serving
import Store
import Testing

@Suite(.timeLimit(.minutes(5))) struct SwapTests {
    @Test func everyAnswerEqualsItsNamedVersionsAnswerWhileVersionsAreSwapped() async throws {
        try await ServiceHarness.run { service in
            try await service.makeTask("t", versions: 4)
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask {
                    for round in 0..<50 {
                        try await service.expect(.post, "/v1/tasks/t/adapters/v\(round % 3 + 1)/promote", 200)
                        try await service.expect(.post, "/v1/tasks/t/rollback", 200)
                    }
                }
                for client in 0..<8 {
                    group.addTask {
                        for round in 0..<40 {
                            let texts = ["client \(client)", "round \(round)"]
                            let answer = try await service.expect(
                                .post, "/v1/tasks/t/predict", 200,
                                body: #"{"input":["\#(texts[0])","\#(texts[1])"],"top_k":3}"#)
                            try checkAnswer(answer, texts)
                        }
                    }
                }
                try await group.waitForAll()
            }
        }
    }

    @Test func promotionServesBeforeItAnswersAndRollbackGoesBack() async throws {
        try await ServiceHarness.run { service in
            try await service.makeTask("t", versions: 2)
            let promoted = try await service.expect(.post, "/v1/tasks/t/adapters/v1/promote", 200)
            #expect(try promoted.decode(AdapterVersion.self).version == "v1")
            let served1 = try await servedVersion(service)
            #expect(served1 == "v1")
            let back = try await service.expect(.post, "/v1/tasks/t/rollback", 200)
            #expect(try back.decode(AdapterVersion.self).version == "v2")
            let served2 = try await servedVersion(service)
            #expect(served2 == "v2")
        }
    }

    @Test func whatAnotherProcessPromotesIsServedSoon() async throws {
        try await ServiceHarness.run { service in
            try await service.makeTask("t", versions: 2)
            let other = try Store(home: service.store.home)
            _ = try await other.promote(try TaskName("t"), .version("v1"))
            while try await servedVersion(service) != "v1" { await Task.yield() }
            try other.close()
        }
    }

    @Test func aQueryLeavesATrainerAProcessorForAsLongAsItTrains() async throws {
        let classifier = FakeClassifier()
        try await ServiceHarness.run(classifier: classifier) { service in
            try await service.makeTask("t", versions: 1)
            let task = try TaskName("t")
            try await service.expect(
                .post, "/v1/tasks/t/examples", 200, type: "application/x-ndjson", body: #"{"text":"x","label":"a"}"#)
            _ = try await servedVersion(service)
            #expect(!classifier.wasBesideTraining)

            let id = try await service.store.requestUpdate(task).id
            _ = try await service.store.claimNextUpdate()
            repeat { _ = try await servedVersion(service) } while !classifier.wasBesideTraining
            _ = try await service.store.fail(id, error: "it ends")
            repeat { _ = try await servedVersion(service) } while classifier.wasBesideTraining
        }
    }

    @Test func anAdapterThatDoesNotLoadLeavesTheOldOneInService() async throws {
        let classifier = FakeClassifier(broken: [FakeClassifier.digest(2)])
        try await ServiceHarness.run(classifier: classifier) { service in
            let task = try TaskName("t")
            try await service.makeTask("t", versions: 1)
            let broken = try await service.store.importVersion(
                task, digest: FakeClassifier.digest(2), metrics: AdapterVersion.Metrics())
            try await service.expect(
                .post, "/v1/tasks/t/adapters/\(broken.version)/promote", 409, code: "adapter_unusable")
            #expect(try await service.store.champion(task)?.version.version == "v1")

            // Another process does not look whether it loads.
            _ = try await service.store.promote(task, .version(broken.version), force: false)
            while try await !service.expect(.get, "/metrics", 200).text.contains("load_failures_total 1\n") {
                await Task.yield()
            }
            let served = try await servedVersion(service)
            #expect(served == "v1")
            try await service.expect(.post, "/v1/tasks/t/rollback", 200)
            let again = try await servedVersion(service)
            #expect(again == "v1")
        }
    }

    @Test func aRollbackToAVersionThatDoesNotLoadIsRefusedAndMovesNothing() async throws {
        let classifier = FakeClassifier(broken: [FakeClassifier.digest(1)])
        try await ServiceHarness.run(classifier: classifier) { service in
            let task = try TaskName("t")
            try await service.makeTask("t")
            for number in 1...2 {
                let version = try await service.store.importVersion(
                    task, digest: FakeClassifier.digest(number), metrics: AdapterVersion.Metrics())
                _ = try await service.store.promote(task, .version(version.version))
            }
            let answer = try await service.expect(.post, "/v1/tasks/t/rollback", 409, code: "adapter_unusable")
            #expect(answer.message.hasPrefix("v1 does not load"))
            #expect(try await service.store.champion(task)?.version.version == "v2")
            while try await service.send(.post, "/v1/tasks/t/predict", body: #"{"input":"hello"}"#).status != 200 {
                await Task.yield()
            }
            let served = try await servedVersion(service)
            #expect(served == "v2")
        }
    }

    @Test(arguments: ["rollback", "adapters/v1/promote"])
    func tasksThatShareAnAdapterStayWhereOneOfThemWouldNotLoad(_ move: String) async throws {
        let classifier = FakeClassifier(broken: [FakeClassifier.digest(2)])
        try await ServiceHarness.run(classifier: classifier) { service in
            let tasks = [try TaskName("a"), try TaskName("b")]
            for task in tasks {
                try await service.expect(
                    .put, "/v1/tasks/\(task)", 201,
                    body: #"{"kind": "classify", "adapter": "both", "update": {"holdout": 0}}"#)
            }
            // Of the first update a has adapter 1 and b adapter 2, of the second 3 and 4.
            for first in [1, 3] {
                for task in tasks {
                    _ = try await service.store.append(
                        LedgerBatch([Example(text: "text \(first)", label: "x")]), to: task)
                }
                _ = try await service.store.requestUpdate(tasks[0])
                let work = try #require(try await service.store.claimNextUpdate())
                var promotions: [String: Promotion] = [:]
                for part in [work] + work.sharing {
                    let candidate = Candidate(
                        digest: FakeClassifier.digest(part.task.name == tasks[0] ? first : first + 1), metrics: .init(),
                        verdict: Verdict(
                            decision: .promote, reason: "", slices: [], tolerance: 0.02, confidence: 0.95))
                    promotions[part.update.id] = Promotion(candidate: candidate, replay: nil)
                }
                _ = try await service.store.promote(promotions)
            }
            let answer = try await service.expect(.post, "/v1/tasks/a/\(move)", 409, code: "adapter_unusable")
            #expect(answer.message.hasPrefix("v1 of task \"b\" does not load"))
            for task in tasks { #expect(try await service.store.champion(task)?.version.version == "v2") }
        }
    }

    @Test func aFirstVersionThatDoesNotLoadIsNotSaidToLeaveAnotherInService() async throws {
        let log = RecordedLog()
        let classifier = FakeClassifier(broken: [FakeClassifier.digest(1)])
        try await ServiceHarness.run(classifier: classifier, logger: log.logger) { service in
            let task = try TaskName("t")
            try await service.makeTask("t")
            let broken = try await service.store.importVersion(
                task, digest: FakeClassifier.digest(1), metrics: AdapterVersion.Metrics())
            _ = try await service.store.promote(task, .version(broken.version))
            while !log.lines.contains(where: { $0.hasPrefix("error: the champion does not load") }) {
                await Task.yield()
            }
            #expect(log.lines.contains("error: the champion does not load; no other version is in service"))
            try await service.expect(
                .post, "/v1/tasks/t/predict", 503, body: #"{"input":"hello"}"#, code: "adapter_unusable")
        }
    }

    private func servedVersion(_ service: ServiceHarness) async throws -> String? {
        let answer = try await service.expect(.post, "/v1/tasks/t/predict", 200, body: #"{"input":"hello"}"#)
        return (answer.object["adapter"] as? [String: String])?["version"]
    }
}

/// The scores of an answer are what the adapter it names gives alone.
private func checkAnswer(_ answer: Answer, _ texts: [String]) throws {
    let adapter = try #require(answer.object["adapter"] as? [String: String])
    let digest = try #require(adapter["digest"])
    let number = try #require(adapter["version"].flatMap { Int($0.dropFirst()) })
    #expect(digest == FakeClassifier.digest(number))
    for (item, text) in zip(answer.data, texts) {
        let top = item["top"] as? [[String: Any]] ?? []
        let scores = FakeClassifier.scores(digest: digest, tokens: text.utf8.map(Int32.init))
        #expect(top.map { Float($0["score"] as? Double ?? 0) } == scores.sorted(by: >))
    }
}
