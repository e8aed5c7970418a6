import Foundation
import GRDB
import Schema
import Store
import Testing

@Suite struct DriftStoreTests {
    @Test func aTaskWithoutDriftHasAnEmptyReport() async throws {
        try await StoreFixture.with { fixture in
            let report = try await fixture.store.drift(fixture.task)
            #expect(report.task == fixture.task && report.verdicts.isEmpty && report.level == .insufficient)
            #expect(try await fixture.store.driftState(fixture.task) == nil)
            await #expect(throws: StoreError.self) { try await fixture.store.drift(TaskName("nobody")) }
        }
    }

    @Test func whatIsSavedIsReadBackWithItsEventsNewestFirst() async throws {
        try await StoreFixture.with { fixture in
            var report = DriftReport(task: fixture.task, time: Timestamp(seconds: 5), adapter: "v1")
            for number in 1...3 {
                report.time = Timestamp(seconds: Double(number))
                let event = DriftEvent(
                    time: Timestamp(seconds: Double(number)), kind: .label, level: .drift, message: "\(number)")
                try await fixture.store.saveDrift(
                    [
                        DriftRecord(
                            task: fixture.task, createdAt: fixture.createdAt, state: Data([UInt8(number)]),
                            report: report, events: [event])
                    ],
                    cursor: Int64(number * 10))
            }
            let read = try await fixture.store.drift(fixture.task)
            #expect(read.adapter == "v1" && read.time == report.time && read.events.map(\.message) == ["3", "2", "1"])
            #expect(try await fixture.store.driftState(fixture.task) == Data([3]))
            #expect(try await fixture.store.driftCursor() == 30)
            #expect(try await fixture.store.driftReports().map(\.task) == [fixture.task])
        }
    }

    @Test func eventsAreBounded() async throws {
        try await StoreFixture.with { fixture in
            let events = (0..<Store.driftEventsKept + 20).map {
                DriftEvent(kind: .input, level: .drift, message: "\($0)")
            }
            let report = DriftReport(task: fixture.task)
            try await fixture.store.saveDrift(
                [
                    DriftRecord(
                        task: fixture.task, createdAt: fixture.createdAt, state: Data(), report: report, events: events)
                ], cursor: nil)
            let kept = try await fixture.store.drift(fixture.task).events
            #expect(kept.count == Store.driftEventsKept && kept.last?.message == "20")
        }
    }

    @Test func arrivalsComeOnceInOrderAndSayWhetherAnAdapterHasLearnedThem() async throws {
        try await StoreFixture.with { fixture in
            try await fixture.append((0..<6).map { Example(text: "text \($0)", label: "l\($0 % 2)") })
            let first = try await fixture.store.arrivals(after: 0, limit: 100)
            #expect(first.map(\.text) == (0..<6).map { "text \($0)" })
            #expect(first.map(\.label) == ["l0", "l1", "l0", "l1", "l0", "l1"])
            #expect(first.allSatisfy { $0.isUnseen && $0.task == fixture.task })
            #expect(try await fixture.store.arrivals(after: 3, limit: 2).map(\.sequence) == [5, 6])
            try await fixture.learn()
            let learned = try await fixture.store.arrivals(after: 0, limit: 100)
            #expect(learned.allSatisfy { !$0.isUnseen && $0.text == nil })
            // Nothing was saved yet, so observation begins with what comes from now on.
            #expect(try await fixture.store.driftCursor() == 6)
        }
    }

    @Test func whatWaitsIsNotCountedAsLearned() async throws {
        try await StoreFixture.with(holdout: 0.5) { fixture in
            try await fixture.append((0..<40).map { Example(text: "text \($0)", label: "l\($0 % 2)") })
            #expect(try await fixture.store.learnedExamples(fixture.task).labels.isEmpty)
            try await fixture.learn()
            try await fixture.append((40..<50).map { Example(text: "text \($0)", label: "l0") })
            let learned = try await fixture.store.learnedExamples(fixture.task)
            #expect(learned.labels == ["l0": 20, "l1": 20])
            #expect(learned.heldOut.count == 1 && !learned.heldOut[0].examples.isEmpty)
        }
    }

    @Test func whatIsSetAsideDroppedOrBeingLearnedIsNotCountedAsLearned() async throws {
        try await StoreFixture.with { fixture in
            let learned = { try await fixture.store.learnedExamples(fixture.task).labels }
            try await fixture.append((0..<6).map { Example(text: "text \($0)", label: $0 < 5 ? "a" : "b") })
            let work = try await fixture.claim()
            #expect(try await learned().isEmpty)
            let suspicion = Suspicion(loss: 7, disagreement: 0.9, suggested: "b", pValue: 0.004)
            let doubted = work.training.prefix(2).map(\.sequence)
            _ = try await fixture.store.setAside(
                Dictionary(doubted.map { ($0, suspicion) }, uniquingKeysWith: { first, _ in first }),
                from: work.update.id)
            try await fixture.promote(work)
            #expect(try await learned() == ["a": 3, "b": 1])
            #expect(try await fixture.store.dropQuarantined(fixture.task, .examples([doubted[0]])) == 1)
            #expect(try await fixture.store.releaseQuarantined(fixture.task, .all) == 1)
            #expect(try await learned() == ["a": 3, "b": 1])
            try await fixture.learn()
            #expect(try await learned() == ["a": 4, "b": 1])
        }
    }

    @Test func aTaskThatIsNotWatchedAnyMoreHasNoReportAndItsUpdatesReplayAsUsual() async throws {
        try await StoreFixture.with { fixture in
            try await fixture.append(Example(text: "one", label: "a"))
            let events = [
                DriftEvent(kind: .label, level: .drift, message: "1"),
                DriftEvent(kind: .label, level: .ok, message: "2"),
                DriftEvent(kind: .input, level: .drift, message: "3"),
            ]
            let record = DriftRecord(
                task: fixture.task, createdAt: fixture.createdAt, state: Data([1]),
                report: DriftReport(task: fixture.task, adapter: "v1"), replayFactor: 2, events: events)
            try await fixture.store.saveDrift([record], cursor: nil)
            let tasks = [fixture.task: fixture.createdAt, try TaskName("nobody"): .now]
            for _ in 0..<2 { try await fixture.store.endDrift(of: tasks) }
            #expect(try await fixture.store.driftState(fixture.task) == nil)
            #expect(try await fixture.store.driftReports().isEmpty)
            let report = try await fixture.store.drift(fixture.task)
            #expect(report.adapter == nil && report.events.count == 4)
            #expect(report.events.first?.kind == .input && report.events.first?.level == .ok)
            #expect(try await fixture.claim().replayFactor == 1)
        }
    }

    @Test func anUpdateKeepsTheReplayFactorItBeganWith() async throws {
        try await StoreFixture.with { fixture in
            try await fixture.append(Example(text: "one", label: "a"))
            let record = { (factor: Double) in
                DriftRecord(
                    task: fixture.task, createdAt: fixture.createdAt, state: Data(),
                    report: DriftReport(task: fixture.task), replayFactor: factor)
            }
            try await fixture.store.saveDrift([record(2)], cursor: nil)
            let work = try await fixture.claim()
            #expect(work.replayFactor == 2)
            try await fixture.store.saveDrift([record(1)], cursor: nil)
            _ = try await fixture.store.recoverUpdates()
            let again = try #require(try await fixture.store.claimNextUpdate())
            #expect(again.update.id == work.update.id && again.replayFactor == 2)
        }
    }

    @Test func aDeletedTaskTakesItsDriftWithIt() async throws {
        try await StoreFixture.with { fixture in
            let event = DriftEvent(kind: .input, level: .drift, message: "m")
            let record = DriftRecord(
                task: fixture.task, createdAt: fixture.createdAt, state: Data(),
                report: DriftReport(task: fixture.task), events: [event])
            try await fixture.store.saveDrift([record], cursor: nil)
            _ = try await fixture.store.deleteTask(fixture.task)
            try await fixture.store.saveDrift([record], cursor: nil)
            let rows = try await fixture.database().read {
                try Int.fetchOne($0, sql: "SELECT (SELECT count(*) FROM drift) + (SELECT count(*) FROM drift_event)")
            }
            #expect(rows == 0)
        }
    }

    @Test func driftOfADeletedTaskIsNotThatOfANewOneOfItsName() async throws {
        try await StoreFixture.with { fixture in
            let record = { (createdAt: Timestamp) in
                DriftRecord(
                    task: fixture.task, createdAt: createdAt, state: Data([1]), report: DriftReport(task: fixture.task),
                    events: [DriftEvent(kind: .input, level: .drift, message: "m")])
            }
            _ = try await fixture.store.deleteTask(fixture.task)
            let new = try await fixture.store.putTask(fixture.task).task.createdAt
            try await fixture.store.saveDrift([record(fixture.createdAt)], cursor: nil)
            #expect(try await fixture.store.driftState(fixture.task) == nil)
            #expect(try await fixture.store.drift(fixture.task).events.isEmpty)
            try await fixture.store.saveDrift([record(new)], cursor: nil)
            try await fixture.store.endDrift(of: [fixture.task: fixture.createdAt])
            #expect(try await fixture.store.driftState(fixture.task) == Data([1]))
        }
    }

    @Test func thresholdsOutOfRangeAreRefusedByName() async throws {
        try await StoreFixture.with { fixture in
            var policy = UpdatePolicy()
            policy.drift.window = 50
            policy.drift.minimumSample = 60
            await #expect(
                throws: StoreError.invalidTask(
                    field: "update.drift.min_sample", reason: "60; must be at least 10 and at most the window, 50")
            ) {
                try await fixture.store.putTask(fixture.task, update: policy)
            }
        }
    }
}
