import GRDB
import Schema

extension Store {
    /// Ends a running update well, in one transaction: the candidate becomes the champion together with the replay
    /// memory it was trained with, its examples leave the inbox, its held-out ones become a slice.
    ///
    /// - Throws: ``StoreError/updateNotRunning(_:status:)``; ``StoreError/parentReplaced(_:expected:found:)`` when
    ///   another version was promoted by hand since the claim (then ``restart(_:)`` it);
    ///   ``StoreError/invalidEvaluation(reason:)``, also where a task on the same adapter is missing.
    public func promote(_ id: String, _ promotion: Promotion) async throws -> AdapterVersion {
        try await promote([id: promotion])[0]
    }

    /// The same for all tasks of a shared adapter, by update, in one transaction.
    ///
    /// - Returns: the versions that serve now, by task name.
    public func promote(_ promotions: [String: Promotion]) async throws -> [AdapterVersion] {
        for promotion in promotions.values { try check(promotion.candidate.evaluations) }
        return try await write { db in
            let records = try Self.running(db, Array(promotions.keys))
            // All aliases are looked at before the first moves.
            for record in records {
                let champion = try VersionRecord.champion(db, task: record.task)
                guard champion?.number == record.inputs?.parent else {
                    throw StoreError.parentReplaced(
                        record.value.id, expected: record.inputs?.parent.map(VersionName.text),
                        found: champion?.value.version)
                }
            }
            return try records.compactMap { record in
                try promotions[record.value.id].map { try Self.promote(record, $0, db) }
            }
        }
    }

    private static func promote(
        _ record: UpdateRecord, _ promotion: Promotion, _ db: Database
    ) throws -> AdapterVersion {
        var record = record
        let id = record.value.id
        guard let inputs = record.inputs, let task = try TaskRecord.find(db, id: record.task) else {
            throw StoreError.unknownUpdate(id)
        }
        let experience = task.experiences + 1
        let replay = try promotion.replay.map {
            try $0.insert(db, task: task.id, removalsThrough: inputs.removalsThrough)
        }
        let version = try VersionRecord.insert(
            db, task: task.id,
            AdapterVersion(
                version: "", digest: promotion.candidate.digest, state: .retired,
                parent: inputs.parent.map(VersionName.text), update: id, metrics: promotion.candidate.metrics),
            replay: replay, analytic: promotion.analytic)
        let served = try Registry(db, task: task.id).serve(version, cause: .update)
        try Claims(db, record).consume(experience: experience, retention: task.value.update.retention)
        try db.execute(sql: "UPDATE task SET experiences = ? WHERE id = ?", arguments: [experience, task.id])
        try Evaluations(db, task: task.id).insert(promotion, version: version.number, parent: inputs.parent)
        try Answers(db, task: task.id).insert(promotion.candidate.answers, version: version.number)
        if let replay, let detail = promotion.replayDetail { try detail.insert(db, generation: replay) }
        try HeldOutSlices(db, task: task.id).thin(to: promotion.heldOutLimits, newest: experience)
        record.value.experience = experience
        try record.finish(db, as: .promoted, with: promotion.candidate, version: served)
        try ReplayRemovals(db, task: task.id).prune()
        return served.value
    }

    /// Running updates that are all there is of one, by task name.
    private static func running(_ db: Database, _ ids: [String]) throws -> [UpdateRecord] {
        let records = try ids.map { try UpdateRecord.findRunning(db, $0) }
        let together = try records.first?.together(db) ?? []
        guard Set(together.map(\.number)) == Set(records.map(\.number)) else {
            throw StoreError.invalidEvaluation(
                reason: "\(records.count) of the \(together.count) tasks that share an adapter were judged")
        }
        return together
    }

    /// Ends a running update badly: its candidate is kept as a rejected version, the champion stays, and its examples
    /// wait for the next update; after three rejections they are parked.
    ///
    /// The candidate's evaluations are not kept; the verdict says what the gate saw.
    ///
    /// - Throws: ``StoreError/updateNotRunning(_:status:)``.
    public func reject(_ id: String, _ candidate: Candidate) async throws -> AdapterVersion {
        try await reject([id: candidate])[0]
    }

    /// The same for all tasks of a shared adapter, by update, in one transaction.
    ///
    /// - Returns: the rejected versions, by task name.
    public func reject(_ candidates: [String: Candidate]) async throws -> [AdapterVersion] {
        try await write { db in
            try Self.running(db, Array(candidates.keys)).compactMap { record in
                try candidates[record.value.id].map { try Self.reject(record, $0, db) }
            }
        }
    }

    private static func reject(_ record: UpdateRecord, _ candidate: Candidate, _ db: Database) throws -> AdapterVersion
    {
        var record = record
        let version = try VersionRecord.insert(
            db, task: record.task,
            AdapterVersion(
                version: "", digest: candidate.digest, state: .rejected,
                parent: record.inputs?.parent.map(VersionName.text), update: record.value.id,
                metrics: candidate.metrics),
            replay: record.inputs?.replay)
        try Answers(db, task: record.task).insert(candidate.answers, version: version.number)
        try Claims(db, record).giveBack(counting: .rejections)
        try record.finish(db, as: .rejected, with: candidate, version: version)
        return version.value
    }

    /// Ends an update that could not be carried out, for all tasks that take part; its examples wait for the next one,
    /// after three failures they are parked.
    ///
    /// - Parameter isFault: of the update. Where it is not, as on a full disk, nothing is counted, and the examples start
    ///   the next update as if they had just come.
    /// - Throws: ``StoreError/updateNotRunning(_:status:)``.
    public func fail(_ id: String, error: String, isFault: Bool = true) async throws -> Update {
        try await write { db in
            let record = try UpdateRecord.findRunning(db, id)
            try UpdateRecord.end(
                db, record.together(db), as: .failed, counting: isFault ? .failures : nil, error: error)
            return try UpdateRecord.find(db, id).value
        }
    }

    private func check(_ evaluations: [SliceEvaluation]) throws {
        var seen = Set<Int>()
        for evaluation in evaluations {
            guard seen.insert(evaluation.experience).inserted else {
                throw StoreError.invalidEvaluation(reason: "slice \(evaluation.experience) is given twice")
            }
            guard (0...max(evaluation.total, 0)).contains(evaluation.correct), evaluation.total >= 0 else {
                throw StoreError.invalidEvaluation(
                    reason: "slice \(evaluation.experience) has \(evaluation.correct) right of \(evaluation.total)")
            }
        }
    }
}

extension UpdateRecord {
    fileprivate mutating func finish(
        _ db: Database, as status: UpdateStatus, with candidate: Candidate, version: VersionRecord
    ) throws {
        value.verdict = candidate.verdict
        value.examples.replayed = candidate.replayed
        value.adapter = AdapterReference(version: version.value.version, digest: version.value.digest)
        value.progress = 1
        try finish(db, as: status)
    }
}
