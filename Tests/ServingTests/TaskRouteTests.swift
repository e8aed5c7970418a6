import Foundation
import HTTPTypes
import Schema
import Synchronization
import Testing

@Suite struct TaskRouteTests {
    @Test func aTaskIsCreatedChangedListedShownAndDeleted() async throws {
        try await ServiceHarness.run { service in
            let created = try await service.expect(
                .put, "/v1/tasks/support", 201,
                body: #"{"kind":"classify","labels":["billing"],"update":{"min_examples":7}}"#)
            #expect(try created.decode(LearningTask.self).update.minimumExamples == 7)
            let changed = try await service.expect(
                .put, "/v1/tasks/support", 200, body: #"{"kind":"classify","update":{"holdout":0.25}}"#)
            let task = try changed.decode(LearningTask.self)
            #expect(task.labels == ["billing"])
            #expect(task.update.minimumExamples == 7 && task.update.holdout == 0.25)

            let list = try await service.expect(.get, "/v1/tasks", 200)
            #expect(list.object["object"] as? String == "list" && list.data.count == 1)
            let shown = try await service.expect(.get, "/v1/tasks/support", 200)
            #expect(shown.object["name"] as? String == "support" && shown.object["adapter"] is NSNull)

            try await service.expect(.delete, "/v1/tasks/support", 200)
            try await service.expect(.get, "/v1/tasks/support", 404, code: "unknown_task")
            try await service.expect(.delete, "/v1/tasks/support", 404, code: "unknown_task")
        }
    }

    @Test(arguments: [
        (#"{}"#, "kind", "missing_field"),
        (#"{"kind":"translate"}"#, "kind", "invalid_value"),
        (#"{"kind":1}"#, "kind", "wrong_type"),
        (#"{"kind":"classify","labels":"a"}"#, "labels", "wrong_type"),
        (#"{"kind":"classify","labels":["a",1]}"#, "labels[1]", "wrong_type"),
        (#"{"kind":"classify","labels":["a","a"]}"#, "labels", "invalid_value"),
        (#"{"kind":"classify","labels":[""]}"#, "labels", "invalid_value"),
        (#"{"kind":"classify","labels":["new\nline"]}"#, "labels", "invalid_value"),
        (#"{"kind":"classify","lables":["a"]}"#, "lables", "unknown_field"),
        (#"{"kind":"classify","update":[]}"#, "update", "wrong_type"),
        (#"{"kind":"classify","update":{"holdout":0.6}}"#, "update.holdout", "out_of_range"),
        (#"{"kind":"classify","update":{"min_examples":1.5}}"#, "update.min_examples", "out_of_range"),
        (#"{"kind":"classify","update":{"min_exampels":1}}"#, "update.min_exampels", "unknown_field"),
        (#"{"kind":"classify","update":{"retention":"all"}}"#, "update.retention", "invalid_value"),
        (#"{"kind":"classify","update":{"start":"warm"}}"#, "update.start", "invalid_value"),
        (#"{"kind":"classify","update":{"recipe":"secret"}}"#, "update.recipe", "invalid_value"),
        (#"{"kind":"classify","kind":"classify"}"#, "kind", "duplicate_field"),
        (#"[]"#, nil, "wrong_type"),
        (#"{"kind":"classify"} x"#, nil, "invalid_json"),
    ])
    func aBadBodyIs400AndNamesTheField(_ body: String, _ param: String?, _ code: String) async throws {
        try await ServiceHarness.run(configure: { $0.recipeProblem = { _ in "must be one of default, naive" } }) {
            service in
            let answer = try await service.expect(.put, "/v1/tasks/t", 400, body: body, code: code, param: param)
            #expect(!answer.message.isEmpty)
            try await service.expect(.get, "/v1/tasks/t", 404)
        }
    }

    @Test func tasksThatShareAnAdapterNameOneAnother() async throws {
        try await ServiceHarness.run { service in
            for name in ["mail", "chat"] {
                try await service.expect(
                    .put, "/v1/tasks/\(name)", 201, body: #"{"kind":"classify","adapter":"desk"}"#)
            }
            let shown = try await service.expect(.get, "/v1/tasks/mail", 200).decode(LearningTask.self)
            #expect(shown.sharing?.adapter == "desk")
            #expect(shown.sharing?.tasks.map(\.rawValue) == ["chat", "mail"])
            try await service.expect(.put, "/v1/tasks/own", 201, body: #"{"kind":"classify"}"#)
            #expect(try await service.expect(.get, "/v1/tasks/own", 200).object["sharing"] == nil)
            let late = try await service.expect(
                .put, "/v1/tasks/own", 400, body: #"{"kind":"classify","adapter":"desk"}"#, param: "adapter")
            #expect(late.message.contains("create another task"))
            try await service.expect(
                .put, "/v1/tasks/x", 400, body: #"{"kind":"classify","adapter":"No"}"#, param: "adapter")
        }
    }

    @Test func aRecipeIsLookedUpWheneverATaskNamesIt() async throws {
        let problems = Mutex<[String: String?]>([:])
        try await ServiceHarness.run(configure: { configuration in
            configuration.recipeProblem = { name in
                problems.withLock { $0[name, default: "must be one of default"] }
            }
        }) { service in
            let body = #"{"kind":"classify","update":{"recipe":"mine"}}"#
            let unknown = try await service.expect(
                .put, "/v1/tasks/t", 400, body: body, code: "invalid_value", param: "update.recipe")
            #expect(unknown.message == #""update.recipe" must be one of default"#)
            problems.withLock { $0["mine"] = "names a recipe that cannot be used: mine.yaml:2: unknown key" }
            let broken = try await service.expect(.put, "/v1/tasks/t", 400, body: body, param: "update.recipe")
            #expect(broken.message.hasSuffix("mine.yaml:2: unknown key"))
            problems.withLock { $0["mine"] = .some(nil) }
            let task = try await service.expect(.put, "/v1/tasks/t", 201, body: body).decode(LearningTask.self)
            #expect(task.update.recipe == "mine")
            // What is not named is not looked up again.
            problems.withLock { $0 = [:] }
            try await service.expect(
                .put, "/v1/tasks/t", 200, body: #"{"kind":"classify","update":{"min_examples":7}}"#)
        }
    }

    @Test func aRecipeThatCannotBeSharedIs400() async throws {
        try await ServiceHarness.run(configure: { configuration in
            configuration.recipe = { name in
                var recipe = Recipe()
                recipe.name = name
                if name == "instant" { recipe.head = .analytic }
                if name == "er-ace" { recipe.method = .asymmetricReplay }
                return recipe
            }
        }) { service in
            for name in ["instant", "er-ace"] {
                let body = #"{"kind":"classify","adapter":"desk","update":{"recipe":"\#(name)"}}"#
                let answer = try await service.expect(.put, "/v1/tasks/a", 400, body: body, param: "update.recipe")
                #expect(answer.message.contains(name))
            }
            try await service.expect(.put, "/v1/tasks/a", 201, body: #"{"kind":"classify","adapter":"desk"}"#)
            try await service.expect(
                .put, "/v1/tasks/a", 400, body: #"{"kind":"classify","update":{"recipe":"instant"}}"#,
                param: "update.recipe")
        }
    }

    @Test func aBadNameIs400() async throws {
        try await ServiceHarness.run { service in
            for name in ["Support", "-x", String(repeating: "a", count: 65)] {
                try await service.expect(
                    .put, "/v1/tasks/\(name)", 400, body: #"{"kind":"classify"}"#, code: "invalid_task_name",
                    param: "task")
            }
        }
    }
}
