import Foundation
import GRDB
import Schema

extension Store {
    /// Creates or changes a task; what is `nil` keeps its value, or gets its default in a new task.
    ///
    /// `labels` replaces the declared labels. A label that examples carry never goes away. A recipe that is named for one
    /// task of a shared adapter is that of all.
    ///
    /// - Parameter adapter: the adapter that a new task shares; `nil` for one of its own. It cannot be changed later.
    /// - Throws: ``StoreError/invalidTask(field:reason:)``.
    public func putTask(
        _ name: TaskName, kind: TaskKind = .classify, labels: [String]? = nil, description: String? = nil,
        update: UpdatePolicy? = nil, adapter: String? = nil
    ) async throws -> (task: LearningTask, created: Bool) {
        let change = update.map { update in { @Sendable (_: UpdatePolicy) in update } }
        return try await putTask(
            name, kind: kind, labels: labels, description: description, adapter: adapter, changing: change)
    }

    /// … with a policy that is made of the one before, in the same transaction: of two changes at once none is lost.
    ///
    /// - Parameter change: given the present policy, or what a new task has by default.
    public func putTask(
        _ name: TaskName, kind: TaskKind, labels: [String]?, description: String?, adapter: String?,
        changing change: (@Sendable (UpdatePolicy) throws -> UpdatePolicy)?
    ) async throws -> (task: LearningTask, created: Bool) {
        try TaskRules.check(labels: labels, description: description)
        return try await write { db in
            let created = try Bool.fetchOne(
                db, sql: "SELECT NOT EXISTS (SELECT 1 FROM task WHERE name = ?)", arguments: [name.rawValue])
            if created == true {
                let shared = try UpdatePolicy(db, joining: adapter)
                let policy = try Self.changed(shared ?? UpdatePolicy(), change)
                if let shared { try TaskRules.check(recipe: policy.recipe, joining: shared.recipe) }
                try db.execute(
                    sql: """
                        INSERT INTO task (name, kind, description, policy, adapter, created_at)
                        VALUES (?, ?, ?, ?, ?, ?)
                        """,
                    arguments: [
                        name.rawValue, kind.rawValue, description, try StoredValue.encodeJSON(policy), adapter,
                        Timestamp.now.seconds,
                    ])
            } else {
                let present = try TaskRecord.find(db, name)
                try TaskRules.check(adapter: adapter, of: present.value)
                let policy = try Self.changed(present.value.update, change)
                if change != nil { try Self.share(recipe: policy.recipe, db, with: present.sharers(db)) }
                try db.execute(
                    sql: """
                        UPDATE task SET kind = ?, description = coalesce(?, description), policy = ? WHERE name = ?
                        """,
                    arguments: [kind.rawValue, description, try StoredValue.encodeJSON(policy), name.rawValue])
            }
            if let labels { try Self.declare(labels, db, task: TaskRecord.id(db, name)) }
            return (try TaskRecord.find(db, name).value, created == true)
        }
    }

    /// The policy of a new task that says nothing about it: its recipe is that of the tasks on the same adapter.
    public func initialPolicy(adapter: String?) async throws -> UpdatePolicy {
        try await read { try UpdatePolicy($0, joining: adapter) ?? UpdatePolicy() }
    }

    /// All tasks, by name.
    public func tasks() async throws -> [LearningTask] {
        try await read { try TaskRecord.all($0).map(\.value) }
    }

    public func task(_ name: TaskName) async throws -> LearningTask {
        try await read { try TaskRecord.find($0, name).value }
    }

    /// - Throws: ``StoreError/unknownTask(_:)`` where there is none.
    public func requireTask(_ name: TaskName) async throws {
        _ = try await read { try TaskRecord.id($0, name) }
    }

    /// Removes a task and all that is known of it, a running update's claim included.
    ///
    /// - Returns: digests that no task refers to any more.
    public func deleteTask(_ name: TaskName) async throws -> Garbage {
        try await write { db in
            let task = try TaskRecord.id(db, name)
            let digests = try RegistryDigests(db, task: task)
            try UpdateRecord.end(db, withTask: task)
            for table in [
                "evaluation", "alias_move", "version", "replay_removal", "replay_generation", "update_run",
                "idempotency", "quarantine", "example", "label", "drift", "drift_event",
            ] {
                try db.execute(sql: "DELETE FROM \(table) WHERE task = ?", arguments: [task])
            }
            try db.execute(sql: "DELETE FROM task WHERE id = ?", arguments: [task])
            return try digests.unreferenced(db)
        }
    }

    private static func changed(
        _ policy: UpdatePolicy, _ change: ((UpdatePolicy) throws -> UpdatePolicy)?
    ) throws -> UpdatePolicy {
        guard let change else { return policy }
        let changed = try change(policy)
        try TaskRules.check(policy: changed)
        return changed
    }

    private static func share(recipe: String, _ db: Database, with others: [TaskRecord]) throws {
        for other in others where other.value.update.recipe != recipe {
            var policy = other.value.update
            policy.recipe = recipe
            try db.execute(
                sql: "UPDATE task SET policy = ? WHERE id = ?",
                arguments: [try StoredValue.encodeJSON(policy), other.id])
        }
    }

    private static func declare(_ labels: [String], _ db: Database, task: Int64) throws {
        try db.execute(sql: "UPDATE label SET declared = NULL WHERE task = ?", arguments: [task])
        var spellings = LabelSpellings()
        for (rank, label) in labels.enumerated() {
            let isKnown = try Bool.fetchOne(
                db.cachedStatement(sql: "SELECT EXISTS (SELECT 1 FROM label WHERE task = ? AND name = ?)"),
                arguments: [task, label])
            let name = isKnown == true ? label : try spellings.known(db, task, label) ?? label
            spellings.add(name)
            try db.execute(
                sql: """
                    INSERT INTO label (task, name, declared) VALUES (?, ?, ?)
                    ON CONFLICT (task, name) DO UPDATE SET declared = excluded.declared
                    """,
                arguments: [task, name, rank])
        }
        // A superseded example keeps its label's row: its update may still be running.
        try db.execute(
            sql: """
                DELETE FROM label WHERE task = ? AND declared IS NULL AND examples = 0
                    AND NOT EXISTS (
                        SELECT 1 FROM example WHERE task = label.task AND state = 4 AND label = label.id)
                """,
            arguments: [task])
        let count = try Int.fetchOne(db, sql: "SELECT count(*) FROM label WHERE task = ?", arguments: [task]) ?? 0
        guard count <= ExampleLimits.labelsPerTask else {
            throw StoreError.invalidTask(
                field: "labels",
                reason: "\(count) with those already in use; a task has at most \(ExampleLimits.labelsPerTask)")
        }
    }
}

extension UpdatePolicy {
    /// The default with the recipe of the tasks that share an adapter; `nil` where there are none.
    fileprivate init?(_ db: Database, joining adapter: String?) throws {
        let sql = "SELECT policy FROM task WHERE adapter = ? ORDER BY name LIMIT 1"
        guard let adapter, let policy = try String.fetchOne(db, sql: sql, arguments: [adapter]) else { return nil }
        let shared: UpdatePolicy = try StoredValue.decodeJSON(policy)
        self.init()
        recipe = shared.recipe
    }
}

/// What a task may be. Pure.
enum TaskRules {
    static let descriptionBytes = 4_096

    /// - Throws: ``StoreError/invalidTask(field:reason:)``.
    static func check(labels: [String]?, description: String?) throws {
        if let labels { try check(labels: labels) }
        if let description { try check(description: description) }
    }

    /// Tasks that share an adapter learn by one recipe, `shared`. The first of them brings its own.
    static func check(recipe: String, joining shared: String) throws {
        try require(
            recipe == shared, "update.recipe",
            "\"\(recipe)\" is not the recipe of the tasks on this adapter, \"\(shared)\"; leave it out, or change it later for all"
        )
    }

    /// An adapter is chosen when a task is created.
    static func check(adapter: String?, of task: LearningTask) throws {
        guard let adapter, adapter != task.sharing?.adapter else { return }
        let present = task.sharing.map { "shares \"\($0.adapter)\"" } ?? "has an adapter of its own"
        throw StoreError.invalidTask(
            field: "adapter",
            reason: "task \"\(task.name)\" \(present), which cannot be changed; create another task on \"\(adapter)\"")
    }

    private static func check(labels: [String]) throws {
        try require(
            labels.count <= ExampleLimits.labelsPerTask, "labels",
            "\(labels.count) labels; at most \(ExampleLimits.labelsPerTask) are allowed")
        var seen = Set<String>()
        for (index, label) in labels.enumerated() {
            // As examples name them.
            let bytes = label.utf8
            try require(
                label.hasVisibleCharacter, "labels",
                "label \(index + 1) is empty; give it at least one visible character")
            try require(
                bytes.count <= ExampleLimits.labelBytes, "labels",
                "label \(index + 1) has \(bytes.count) bytes; at most \(ExampleLimits.labelBytes) are allowed")
            try require(
                !bytes.contains { $0 < 0x20 || $0 == 0x7F }, "labels",
                "label \(index + 1) contains a control character; remove it")
            try require(
                !label.beginsOrEndsWithWhiteSpace, "labels",
                "label \(index + 1) begins or ends with white space; trim it")
            try require(seen.insert(label).inserted, "labels", "label \(index + 1) is listed twice; list each once")
        }
    }

    private static func check(description: String) throws {
        try require(
            description.utf8.count <= descriptionBytes, "description",
            "\(description.utf8.count) bytes; at most \(descriptionBytes) are allowed")
        try require(!description.utf8.contains(0), "description", "holds a NUL character (U+0000); remove it")
    }

    static func check(policy: UpdatePolicy) throws {
        try require(
            policy.minimumExamples >= 1, "update.min_examples", "\(policy.minimumExamples); must be at least 1")
        try require(
            policy.minimumExamplesAfterWait >= 1, "update.min_examples_after_wait",
            "\(policy.minimumExamplesAfterWait); must be at least 1")
        try require(
            policy.maximumWaitSeconds.isFinite && policy.maximumWaitSeconds >= 0, "update.max_wait_seconds",
            "\(policy.maximumWaitSeconds); must be 0 or more")
        try require(
            (0...0.5).contains(policy.holdout), "update.holdout", "\(policy.holdout); must lie between 0 and 0.5")
        try require(!policy.recipe.isEmpty, "update.recipe", "is empty; name a recipe, such as \"default\"")
        if let problem = policy.drift.problem {
            throw StoreError.invalidTask(field: "update.drift.\(problem.field)", reason: problem.reason)
        }
    }

    private static func require(_ holds: Bool, _ field: String, _ reason: @autoclosure () -> String) throws {
        guard holds else { throw StoreError.invalidTask(field: field, reason: reason()) }
    }
}
