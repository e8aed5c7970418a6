import HTTPTypes
import Schema
import Testing

@Suite struct UpdateAndAdapterRouteTests {
    @Test func anUpdateIsAskedForShownListedAndCancelled() async throws {
        try await ServiceHarness.run { service in
            try await service.expect(.put, "/v1/tasks/t", 201, body: #"{"kind":"classify","update":{"holdout":0}}"#)
            try await service.expect(.post, "/v1/tasks/t/examples", 200, body: #"{"text":"x","label":"a"}"#)
            let asked = try await service.expect(.post, "/v1/tasks/t/updates", 202).decode(Update.self)
            #expect(asked.status == .queued && asked.trigger == .request)
            let shown = try await service.expect(.get, "/v1/updates/\(asked.id)", 200)
            #expect(try shown.decode(Update.self).id == asked.id)
            #expect(shown.object.keys.contains("verdict") && shown.object.keys.contains("finished_at"))
            let list = try await service.expect(.get, "/v1/tasks/t/updates?limit=5", 200)
            #expect(list.data.count == 1)
            let cancelled = try await service.expect(.post, "/v1/updates/\(asked.id)/cancel", 200)
            #expect(try cancelled.decode(Update.self).status == .cancelled)
            try await service.expect(.post, "/v1/updates/\(asked.id)/cancel", 409, code: "update_finished")
        }
    }

    @Test func anUpdateThatCannotBeSaysWhy() async throws {
        try await ServiceHarness.run { service in
            try await service.makeTask("t")
            try await service.expect(.post, "/v1/tasks/t/updates", 409, code: "nothing_to_learn")
            try await service.expect(.post, "/v1/tasks/nobody/updates", 404, code: "unknown_task")
            try await service.expect(.get, "/v1/tasks/nobody/updates", 404, code: "unknown_task")
            try await service.expect(.get, "/v1/updates/nothing", 404, code: "unknown_update")
            try await service.expect(.get, "/v1/tasks/t/updates?limit=0", 400, param: "limit")
            try await service.expect(.post, "/v1/tasks/t/updates", 400, body: #"{"now":true}"#, param: "now")
        }
    }

    @Test func versionsAreListedWithTheirStates() async throws {
        try await ServiceHarness.run { service in
            try await service.makeTask("t", versions: 2)
            let list = try await service.expect(.get, "/v1/tasks/t/adapters", 200)
            #expect(list.data.map { $0["version"] as? String } == ["v1", "v2"])
            #expect(list.data.map { $0["state"] as? String } == ["retired", "champion"])
        }
    }

    @Test func whatCannotBePromotedOrRolledBackSaysWhy() async throws {
        try await ServiceHarness.run { service in
            try await service.makeTask("t", versions: 1)
            try await service.expect(.post, "/v1/tasks/t/adapters/v7/promote", 404, code: "unknown_adapter")
            try await service.expect(.post, "/v1/tasks/t/adapters/best/promote", 400, code: "invalid_adapter")
            try await service.expect(.post, "/v1/tasks/nobody/adapters/v1/promote", 404, code: "unknown_task")
            try await service.expect(
                .post, "/v1/tasks/t/adapters/v1/promote", 400, body: #"{"force":"yes"}"#, code: "wrong_type",
                param: "force")
            try await service.expect(.post, "/v1/tasks/t/rollback", 409, code: "no_previous_version")
            try await service.expect(.post, "/v1/tasks/nobody/rollback", 404, code: "unknown_task")
        }
    }

    @Test func forgettingHasEveryFieldOfTheContract() async throws {
        try await ServiceHarness.run { service in
            try await service.makeTask("t")
            let report = try await service.expect(.get, "/v1/tasks/t/forgetting", 200).object
            let fields = [
                "task", "slices", "versions", "accuracy", "average_accuracy", "forgetting", "backward_transfer",
                "forward_transfer", "plasticity", "min_accuracy", "average_anytime_accuracy",
            ]
            #expect(Set(report.keys) == Set(fields))
            try await service.expect(.get, "/v1/tasks/nobody/forgetting", 404, code: "unknown_task")
        }
    }
}
