import Schema
import Store
import Testing

/// What is served is decoded only where it changed: after each change it is what a store reads that knows nothing yet.
@Suite("Served tasks")
struct ServedTasksTests {
    @Test("follow every change of a task, its labels, its champion and its adapter")
    func follow() async throws {
        try await StoreFixture.with { fixture in
            let (store, task) = (fixture.store, fixture.task)
            var seen: [[ServedTask]] = [try await store.served()]
            func expectChange(_ what: String) async throws {
                let served = try await store.served()
                let fresh = try Store(home: store.home)
                #expect(try await fresh.served() == served, "\(what)")
                try fresh.close()
                #expect(seen.last != served, "\(what) changes nothing")
                #expect(try await store.served() == served)
                seen.append(served)
            }

            try await fixture.append(Example(text: "one", label: "x"))
            try await expectChange("a label that an example brought")
            _ = try await store.putTask(task, labels: ["z", "y"])
            try await expectChange("declared labels")
            _ = try await store.putTask(task, labels: ["y", "z"])
            try await expectChange("their order")
            _ = try await store.putTask(task, description: "what it is for")
            try await expectChange("a description")
            var policy = try await store.task(task).update
            policy.minimumExamples += 1
            _ = try await store.putTask(task, update: policy)
            try await expectChange("a policy")

            try await fixture.learn()
            try await expectChange("a promotion")
            try await fixture.append(Example(text: "two", label: "x"))
            try await fixture.learn()
            try await expectChange("the next one")
            _ = try await store.rollback(task)
            try await expectChange("a rollback")

            let (first, second) = (try TaskName("first"), try TaskName("second"))
            _ = try await store.putTask(first, adapter: "both")
            try await expectChange("another task")
            _ = try await store.putTask(second, adapter: "both")
            try await expectChange("a task that shares its adapter")
            _ = try await store.deleteTask(second)
            try await expectChange("a task that no longer does")
            _ = try await store.deleteTask(task)
            _ = try await store.putTask(task)
            try await expectChange("a task made anew under its name")
        }
    }
}
