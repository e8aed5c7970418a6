import Schema
import Store
import Testing

@Suite struct QuarantineRouteTests {
    /// Task `t` with three examples in quarantine, and their sequence numbers.
    private func setAside(_ service: ServiceHarness) async throws -> [Int64] {
        try await service.expect(.put, "/v1/tasks/t", 201, body: #"{"kind":"classify","update":{"holdout":0}}"#)
        let lines = (1...4).map { #"{"text":"text \#($0)","label":"a"}"# }.joined(separator: "\n")
        try await service.expect(.post, "/v1/tasks/t/examples", 200, type: "application/x-ndjson", body: lines)
        _ = try await service.store.requestUpdate(TaskName("t"))
        let work = try #require(try await service.store.claimNextUpdate())
        let sequences = work.training.prefix(3).map(\.sequence)
        let suspicion = Suspicion(loss: 6, disagreement: 1, suggested: "b", pValue: 0.002)
        _ = try await service.store.setAside(
            Dictionary(sequences.map { ($0, suspicion) }, uniquingKeysWith: { first, _ in first }),
            from: work.update.id)
        return sequences
    }

    @Test func whatIsSetAsideIsListedReleasedAndDropped() async throws {
        try await ServiceHarness.run { service in
            let sequences = try await setAside(service)
            let list = try await service.expect(.get, "/v1/tasks/t/quarantine", 200)
            #expect(list.object["object"] as? String == "list")
            #expect(list.data.map { $0["text"] as? String } == ["text 3", "text 2", "text 1"])
            #expect(Set(list.data[0].keys) == ["sequence", "text", "label", "id", "source", "suspicion", "update", "since"])
            #expect((list.data[0]["suspicion"] as? [String: Any])?["suggested"] as? String == "b")
            #expect(try await service.expect(.get, "/v1/tasks/t/quarantine?limit=1", 200).data.count == 1)

            let released = try await service.expect(
                .post, "/v1/tasks/t/quarantine/release", 200, body: #"{"sequences":[\#(sequences[0])]}"#)
            #expect(released.object["released"] as? Int == 1)
            let dropped = try await service.expect(.post, "/v1/tasks/t/quarantine/drop", 200, body: #"{"all":true}"#)
            #expect(dropped.object["dropped"] as? Int == 2)
            #expect(try await service.expect(.get, "/v1/tasks/t/quarantine", 200).data.isEmpty)

            let metrics = try await service.expect(.get, "/metrics", 200).text
            for (event, count) in [("set_aside", 3), ("released", 1), ("dropped", 2)] {
                #expect(metrics.contains("perennial_quarantine_examples_total{task=\"t\",event=\"\(event)\"} \(count)"))
            }
        }
    }

    @Test(arguments: [
        (#"{}"#, "sequences"), (#"{"sequences":[]}"#, "sequences"), (#"{"sequences":["7"]}"#, "sequences[0]"),
        (#"{"sequences":[1],"all":true}"#, "all"), (#"{"sequences":7}"#, "sequences"), (#"{"every":true}"#, "every"),
    ])
    func aDecisionThatCannotBeReadNamesTheField(body: String, field: String) async throws {
        try await ServiceHarness.run { service in
            _ = try await setAside(service)
            try await service.expect(.post, "/v1/tasks/t/quarantine/release", 400, body: body, param: field)
            try await service.expect(.post, "/v1/tasks/t/quarantine/drop", 400, body: body, param: field)
            #expect(try await service.expect(.get, "/v1/tasks/t/quarantine", 200).data.count == 3)
        }
    }

    @Test func aSequenceNumberThatIsNotWholeIsSaid() async throws {
        try await ServiceHarness.run { service in
            _ = try await setAside(service)
            let answer = try await service.expect(
                .post, "/v1/tasks/t/quarantine/drop", 400, body: #"{"sequences":[1, 1.5]}"#, code: "out_of_range",
                param: "sequences[1]")
            #expect(answer.message == #""sequences[1]" must be a whole number, found 1.5"#)
        }
    }

    @Test func whatIsNotThereIsNamed() async throws {
        try await ServiceHarness.run { service in
            _ = try await setAside(service)
            let body = #"{"sequences":[999]}"#
            let answer = try await service.expect(
                .post, "/v1/tasks/t/quarantine/drop", 404, body: body, code: "not_quarantined")
            #expect(answer.message.contains("999"))
            try await service.expect(.get, "/v1/tasks/nobody/quarantine", 404, code: "unknown_task")
            try await service.expect(.get, "/v1/tasks/t/quarantine?limit=0", 400, param: "limit")
            try await service.expect(.put, "/v1/tasks/t/quarantine", 405)
        }
    }
}
