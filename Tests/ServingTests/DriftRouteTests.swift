import Foundation
import Schema
import Store
import Testing

@Suite struct DriftRouteTests {
    /// A task judged on held-out examples, with windows small enough for a test.
    private func makeTask(_ service: ServiceHarness, onDrift: String = "warn") async throws -> TaskName {
        let task = try TaskName("t")
        let policy = """
            {"holdout":0.5,"min_examples":1000000,"on_drift":"\(onDrift)","drift":{"window":40,"min_sample":20}}
            """
        try await service.expect(.put, "/v1/tasks/t", 201, body: #"{"kind":"classify","update":\#(policy)}"#)
        let examples = (0..<120).map { Example(text: "text \($0)", label: ["a", "b", "c"][$0 % 3]) }
        _ = try await service.store.append(LedgerBatch(examples), to: task)
        _ = try await service.store.requestUpdate(task)
        let work = try #require(try await service.store.claimNextUpdate())
        let candidate = Candidate(
            digest: FakeClassifier.digest(1), metrics: .init(),
            verdict: Verdict(
                decision: .promote, reason: "", slices: [], attempt: 1, tolerance: 0.02, confidence: 0.95))
        _ = try await service.store.promote(work.update.id, Promotion(candidate: candidate, replay: nil))
        return task
    }

    private func predict(_ service: ServiceHarness, _ texts: [String]) async throws {
        let body = try JSONSerialization.data(withJSONObject: ["input": texts])
        try await service.expect(.post, "/v1/tasks/t/predict", 200, body: String(decoding: body, as: UTF8.self))
    }

    @Test func aTaskNobodyObservedHasNoVerdicts() async throws {
        try await ServiceHarness.run { service in
            try await service.makeTask("t", versions: 1)
            let answer = try await service.expect(.get, "/v1/tasks/t/drift", 200)
            #expect(answer.object["level"] as? String == "insufficient")
            #expect((answer.object["verdicts"] as? [Any])?.isEmpty == true)
            try await service.expect(.get, "/v1/tasks/nobody/drift", 404, code: "unknown_task")
            try await service.expect(.post, "/v1/tasks/t/drift", 405)
        }
    }

    @Test func queriesUnlikeTheHeldOutExamplesAreTold() async throws {
        try await ServiceHarness.run(configure: { $0.observesDrift = true }) { service in
            let task = try await makeTask(service)
            // Other first letters, three times as long: another corner of the features, other lengths.
            for round in 0..<12 {
                try await predict(service, (0..<20).map { "zzz quite another kind of text \(round) \($0)" })
                try await service.drift.tick()
            }
            try await service.drift.save()
            let report = try await service.store.drift(task)
            #expect(report.adapter == "v1" && report.level == .drift)
            let kinds = Set(report.events.filter { $0.level == .drift }.map(\.kind))
            #expect(kinds.isSuperset(of: [.input, .length]))
            #expect(report.events.allSatisfy { $0.action == "warn" && $0.update == nil })
            let metrics = try await service.expect(.get, "/metrics", 200).text
            #expect(metrics.contains(#"perennial_drift_level{task="t",kind="input"} 3"#))
            let confirmed = report.events.count { $0.kind == .input && $0.level == .drift }
            #expect(metrics.contains(#"perennial_drift_events_total{task="t",kind="input"} \#(confirmed)"# + "\n"))
            #expect(metrics.contains("perennial_drift_embedded_total"))
        }
    }

    @Test func arrivingLabelsThatAreUnknownStartAnUpdateWhereThePolicySaysSo() async throws {
        try await ServiceHarness.run(configure: { $0.observesDrift = true }) { service in
            let task = try await makeTask(service, onDrift: "update")
            // The first answer also makes the version known that serves.
            try await predict(service, ["text 1"])
            try await service.drift.tick()
            _ = try await service.store.append(
                LedgerBatch((0..<30).map { Example(text: "new \($0)", label: "refund") }), to: task)
            try await service.drift.tick()
            let updates = try await service.store.updates(task)
            #expect(updates.first?.trigger == .drift && updates.first?.status == .queued)
            let event = try #require(try await service.store.drift(task).events.first { $0.kind == .newLabel })
            #expect(event.action == "update" && event.update == updates.first?.id)
        }
    }

    @Test func aDriftRaisesTheReplayShareOfTheNextUpdateWhereThePolicySaysSo() async throws {
        try await ServiceHarness.run(configure: { $0.observesDrift = true }) { service in
            let task = try await makeTask(service, onDrift: "replay")
            try await predict(service, ["text 1"])
            try await service.drift.tick()
            _ = try await service.store.append(
                LedgerBatch((0..<30).map { Example(text: "new \($0)", label: "refund") }), to: task)
            try await service.drift.tick()
            #expect(try await service.store.updates(task).allSatisfy { $0.trigger != .drift })
            _ = try await service.store.requestUpdate(task)
            let work = try #require(try await service.store.claimNextUpdate())
            #expect(work.replayFactor == 2)
        }
    }

    @Test func aNewLabelEndsWithTheVersionThatKnowsIt() async throws {
        try await ServiceHarness.run(configure: { $0.observesDrift = true }) { service in
            let task = try await makeTask(service)
            try await predict(service, ["text 1"])
            try await service.drift.tick()
            _ = try await service.store.append(
                LedgerBatch((0..<6).map { Example(text: "new \($0)", label: "refund") }), to: task)
            try await service.drift.tick()
            #expect(try await service.store.drift(task).events.map(\.level) == [.drift])
            let version = try await service.store.importVersion(
                task, digest: FakeClassifier.digest(2), metrics: AdapterVersion.Metrics())
            try await service.expect(.post, "/v1/tasks/t/adapters/\(version.version)/promote", 200)
            // Nobody asks and nothing arrives.
            try await service.drift.tick()
            let report = try await service.store.drift(task)
            #expect(report.events.map(\.level) == [.ok, .drift] && report.level < .drift)
        }
    }

    @Test func aDriftThatTheStoreDidNotTakeIsSavedTheNextTime() async throws {
        let gate = Gate()
        try await ServiceHarness.run(configure: { $0.observesDrift = true }) { service in
            defer { gate.open() }
            let task = try await makeTask(service)
            try await predict(service, ["text 1"])
            try await service.drift.tick()
            _ = try await service.store.append(
                LedgerBatch((0..<6).map { Example(text: "new \($0)", label: "refund") }), to: task)
            // While this transaction lasts, the store takes nothing.
            let other = try TaskName("other")
            let writing = Task {
                _ = try await service.store.putTask(
                    other, kind: .classify, labels: nil, description: nil, adapter: nil,
                    changing: { policy in
                        gate.pass()
                        return policy
                    })
            }
            await gate.waitForBatch()
            let look = Task { try await service.drift.tick() }
            let told = #"perennial_drift_events_total{task="t",kind="new_label"} 1"#
            while try await !service.expect(.get, "/metrics", 200).text.contains(told) { await Task.yield() }
            look.cancel()
            gate.open()
            try await writing.value
            _ = await look.result
            try await service.drift.save()
            #expect(try await service.store.drift(task).events.map(\.kind) == [.newLabel])
        }
    }

    @Test func whatALookCouldNotTakeUpIsThereForTheNext() async throws {
        try await ServiceHarness.run(configure: { $0.observesDrift = true }) { service in
            let task = try await makeTask(service)
            try await predict(service, ["text 1"])
            try await service.drift.tick()
            try await predict(service, (0..<20).map { "text \($0)" })
            // The sleep ends with the cancellation: the look can read nothing of the store.
            let look = Task {
                try? await Task.sleep(for: .seconds(3_600))
                try await service.drift.tick()
            }
            look.cancel()
            await #expect(throws: CancellationError.self) { try await look.value }
            try await service.drift.tick()
            try await service.drift.save()
            let verdict = try await service.store.drift(task).verdicts.first { $0.kind == .confidence }
            #expect(verdict?.samples.current == 21)
        }
    }

    @Test func aTaskThatIsNotWatchedAnyMoreIsNeitherJudgedNorReplayedMore() async throws {
        try await ServiceHarness.run(configure: { $0.observesDrift = true }) { service in
            let task = try await makeTask(service, onDrift: "replay")
            let arrive = { (label: String) in
                _ = try await service.store.append(
                    LedgerBatch((0..<30).map { Example(text: "\(label) \($0)", label: label) }), to: task)
                try await service.drift.tick()
            }
            try await predict(service, ["text 1"])
            try await service.drift.tick()
            try await arrive("refund")
            #expect(try await service.store.drift(task).level == .drift)
            try await service.expect(
                .put, "/v1/tasks/t", 200, body: #"{"kind":"classify","update":{"drift":{"enabled":false}}}"#)
            try await service.drift.tick()
            try await arrive("return")
            for round in 0..<4 {
                try await predict(service, (0..<20).map { "zzz quite another kind of text \(round) \($0)" })
                try await service.drift.tick()
            }
            try await service.drift.save()
            let report = try await service.store.drift(task)
            #expect(report.verdicts.isEmpty && report.events.map(\.level) == [.ok, .drift])
            #expect(try await service.store.driftReports().isEmpty)
            let metrics = try await service.expect(.get, "/metrics", 200).text
            #expect(!metrics.contains(#"perennial_drift_level{task="t""#))
            _ = try await service.store.requestUpdate(task)
            #expect(try await service.store.claimNextUpdate()?.replayFactor == 1)
        }
    }

    @Test func aDriftThatWasSavedEndsAtTheStartWhereTheTaskIsNotWatched() async throws {
        let home = FileManager.default.temporaryDirectory.appending(path: "serving-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: home) }
        let task = try TaskName("t")
        let store = try Store(home: Home(root: home))
        var policy = UpdatePolicy()
        policy.drift.isEnabled = false
        policy.holdout = 0
        let createdAt = try await store.putTask(task, update: policy).task.createdAt
        _ = try await store.append(LedgerBatch([Example(text: "one", label: "a")]), to: task)
        let record = DriftRecord(
            task: task, createdAt: createdAt, state: Data(), report: DriftReport(task: task, adapter: "v1"),
            replayFactor: 2, events: [DriftEvent(kind: .newLabel, level: .drift, message: "told")])
        try await store.saveDrift([record], cursor: nil)
        try store.close()
        try await ServiceHarness.run(home: home, configure: { $0.observesDrift = true }) { service in
            try await service.drift.tick()
            #expect(try await service.store.driftReports().isEmpty)
            #expect(try await service.store.drift(task).events.map(\.level) == [.ok, .drift])
            _ = try await service.store.requestUpdate(task)
            #expect(try await service.store.claimNextUpdate()?.replayFactor == 1)
        }
    }

    @Test func whatIsNoThresholdIsRefused() async throws {
        try await ServiceHarness.run { service in
            let put = { (update: String) in #"{"kind":"classify","update":\#(update)}"# }
            try await service.expect(
                .put, "/v1/tasks/t", 400, body: put(#"{"on_drift":"panic"}"#), param: "update.on_drift")
            try await service.expect(
                .put, "/v1/tasks/t", 400, body: put(#"{"drift":{"psy":1}}"#), code: "unknown_field",
                param: "update.drift.psy")
            try await service.expect(
                .put, "/v1/tasks/t", 400, body: put(#"{"drift":{"auc":0.2}}"#), param: "update.drift.auc")
        }
    }

    @Test(
        arguments: [
            ("window", "11", "20 to 10000"), ("window", "100000000", "20 to 10000"), ("min_sample", "9", "10 to 10000"),
            ("new_labels", "1e300", "1 to 10000"), ("page_hinkley", "1e999", "above 0"),
            ("page_hinkley", "-1e10", "above 0"), ("p_value", "2e9", "between 0 and 1"), ("psi", "-1e999", "above 0"),
        ])
    func theBoundsThatAreSaidAreThoseThatHold(_ field: String, _ value: String, _ bounds: String) async throws {
        try await ServiceHarness.run { service in
            let answer = try await service.expect(
                .put, "/v1/tasks/t", 400, body: #"{"kind":"classify","update":{"drift":{"\#(field)":\#(value)}}}"#,
                param: "update.drift.\(field)")
            #expect(answer.message.contains(bounds), "\(answer.message)")
        }
    }
}
