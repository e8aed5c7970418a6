import Adapters
import Evaluation
import Foundation
import Logging
import Schema
import ServiceLifecycle
import Store

/// Observes predictions and arrivals for drift, away from the requests.
///
/// A request leaves its answers in a bounded buffer and goes on. Once a second the monitor takes them, reads what arrived
/// in the ledger, embeds a sample of both by the frozen base on a thread at idle priority, and judges. While an update
/// trains, queries are not embedded. What it knows is
/// saved in the store and survives a restart; texts are neither kept nor saved.
package final actor DriftMonitor: Service {
    let store: Store
    let engine: InferenceEngine
    let refresher: SnapshotRefresher
    private nonisolated let isEnabled: Bool
    let logger: Logger
    private var lastLook: Task<Void, any Error>?
    nonisolated let metrics = DriftMetrics()
    nonisolated let buffer = ObservationBuffer()

    /// Queries embedded at each look, over all tasks.
    private static let embeddingsPerTick = 32
    /// Arrivals answered at each look, over all tasks.
    private static let answersPerTick = 64
    /// Arrivals read at each look; of more, the last.
    private static let arrivalsPerTick = 2_000
    private static let secondsBetweenSaves = 30.0

    private var drifts: [TaskName: TaskDrift] = [:]
    /// When each of these tasks was made: a name may come to stand for another task.
    private var created: [TaskName: Timestamp] = [:]
    private var unsaved: Set<TaskName> = []
    /// What a look has told, before it is acted on …
    private var told: [TaskName: [DriftEvent]] = [:]
    /// … and after it, until it is saved.
    private var events: [TaskName: [DriftEvent]] = [:]
    /// Tasks that are not to be watched, of which nothing is kept any more, and when each was made.
    private var unwatched: [TaskName: Timestamp] = [:]
    private var cursor: Int64?
    private var lastSave = Timestamp.now
    private var thread: BackgroundThread?

    init(store: Store, engine: InferenceEngine, refresher: SnapshotRefresher, isEnabled: Bool, logger: Logger) {
        self.store = store
        self.engine = engine
        self.refresher = refresher
        self.isEnabled = isEnabled
        self.logger = logger
    }

    /// Takes a request's answers; costs a lock and an append.
    nonisolated func predicted(_ answer: PredictionAnswer, _ inputs: [ClassifierInput]) {
        guard isEnabled else { return }
        buffer.append(answer, inputs, at: .now)
    }

    /// Takes a user's word on an answer.
    nonisolated func judged(_ task: TaskName, isCorrect: Bool, confidence: Double?) {
        guard isEnabled else { return }
        buffer.append(
            ObservationBuffer.Judged(task: task, time: .now, isCorrect: isCorrect, confidence: confidence))
    }

    /// Looks once a second until graceful shutdown, then saves.
    package func run() async throws {
        await cancelWhenGracefulShutdown { [self] in
            guard await engine.awaitedClassifier != nil else { return }
            for report in (try? await store.driftReports()) ?? [] { metrics.judged(report) }
            while !Task.isCancelled {
                do {
                    try await tick()
                } catch is CancellationError {
                    break
                } catch {
                    logger.error("drift could not be observed", metadata: ["error": "\(error)"])
                }
                try? await Task.sleep(for: .seconds(1))
            }
        }
        // Not cancellable: what was observed is worth a transaction.
        await Task {
            for entry in told.keys.sorted().compactMap({ refresher.snapshot.current?.tasks[$0] }) {
                try? await act(for: entry.task)
            }
            try? await save()
        }.value
        thread?.stop()
        thread = nil
    }

    /// One look: takes what came, judges what is due, saves from time to time.
    ///
    /// Looks run one after the other: two at once would judge the same observations, each by its own copy.
    package func tick() async throws {
        let previous = lastLook
        let look = Task {
            _ = await previous?.result
            try await lookOnce()
        }
        lastLook = look
        try await withTaskCancellationHandler {
            try await look.value
        } onCancel: {
            look.cancel()
        }
    }

    private func lookOnce() async throws {
        guard let classifier = engine.loadedClassifier, let snapshot = refresher.snapshot.current else { return }
        try await forget(snapshot)
        let (arrivals, start) = try await readArrivals()
        let content = buffer.drain()
        do {
            var tasks = Set(content.answered.map(\.task) + content.judged.map(\.task) + arrivals.map(\.task))
            // Another version or other options end a drift of a task that is quiet, too.
            tasks.formUnion(drifts.keys)
            for task in tasks.sorted() {
                guard let entry = snapshot.tasks[task], entry.task.update.drift.isEnabled else { continue }
                try await prepare(entry, classifier)
            }
        } catch {
            // None of it was looked at: it is there for the next look.
            buffer.putBack(content)
            throw error
        }
        if content.dropped > 0 { metrics.dropped(content.dropped) }
        try await observe(content, classifier)
        pass(arrivals, from: start)
        try await observe(arrivals, snapshot, classifier)
        var failure: (any Error)?
        for task in drifts.keys.sorted() {
            guard let entry = snapshot.tasks[task] else { continue }
            // One task's failure keeps no other from being judged.
            do { try await look(entry) } catch { failure = error }
        }
        if Timestamp.now.seconds - lastSave.seconds >= Self.secondsBetweenSaves { try await save() }
        if let failure { throw failure }
    }

    /// Drops what is known of tasks that are gone, or not to be watched; of those, what is stored as well.
    private func forget(_ snapshot: ServingSnapshot) async throws {
        let watched = snapshot.tasks.filter { $0.value.task.update.drift.isEnabled }
        let gone = drifts.keys.filter { watched[$0]?.task.createdAt != created[$0] }
        for task in gone {
            drifts[task] = nil
            created[task] = nil
            unsaved.remove(task)
            told[task] = nil
            events[task] = nil
        }
        metrics.keep(only: Set(watched.keys).subtracting(gone))
        let others = snapshot.tasks.filter { watched[$0.key] == nil }.mapValues(\.task.createdAt)
        let new = others.filter { unwatched[$0.key] != $0.value }
        if !new.isEmpty { try await store.endDrift(of: new) }
        unwatched = others
    }

    /// Runs on the idle thread, and counts what it cost.
    private func atIdle<Value: Sendable>(
        embedding count: Int = 0, _ work: @escaping @Sendable () throws -> Value
    ) async throws -> Value {
        let thread = self.thread ?? BackgroundThread(name: "drift", priority: .idle)
        self.thread = thread
        let metrics = metrics
        return try await thread.run {
            let start = ContinuousClock.now
            defer { metrics.worked(embedded: count, seconds: (ContinuousClock.now - start).seconds) }
            return try work()
        }
    }

    /// - Returns: what arrived, and behind which sequence number it was looked for.
    private func readArrivals() async throws -> (arrivals: [ArrivedExample], start: Int64) {
        let from: Int64
        if let cursor { from = cursor } else { from = try await store.driftCursor() }
        return (try await store.arrivals(after: from, limit: Self.arrivalsPerTick), from)
    }

    /// Arrivals are observed now or never: one that cannot be is not to stand in the way of what comes.
    private func pass(_ arrivals: [ArrivedExample], from start: Int64) {
        cursor = arrivals.last?.sequence ?? start
        if let first = arrivals.first, arrivals.count == Self.arrivalsPerTick, first.sequence > start + 1 {
            metrics.dropped(Int(first.sequence - start - 1))
        }
    }

    /// Loads what is known of a task, and compares it with the adapter that serves now.
    private func prepare(_ entry: ServingSnapshot.Entry, _ classifier: any TextClassifier) async throws {
        let task = entry.task.name
        if drifts[task] == nil {
            drifts[task] = try await load(task) ?? TaskDrift(options: entry.task.update.drift)
            created[task] = entry.task.createdAt
        }
        if drifts[task]?.options != entry.task.update.drift { drifts[task]?.options = entry.task.update.drift }
        guard let champion = entry.champion, drifts[task]?.adapter != champion.reference else { return }
        let learned = try await store.learnedExamples(task)
        let old = drifts[task]?.reference
        let builder = ReferenceBuilder(classifier: classifier, champion: champion, learned: learned, old: old)
        let reference = try await atIdle(embedding: builder.newEmbeddings) { try builder.reference() }
        drifts[task]?.compare(with: reference)
        unsaved.insert(task)
    }

    private func load(_ task: TaskName) async throws -> TaskDrift? {
        guard let data = try await store.driftState(task) else { return nil }
        do {
            var drift = try JSONDecoder().decode(TaskDrift.self, from: data)
            drift.wake()
            return drift
        } catch {
            logger.notice("drift of the task begins anew: what was saved cannot be read", metadata: ["task": "\(task)"])
            return nil
        }
    }

    private func observe(_ content: ObservationBuffer.Content, _ classifier: any TextClassifier) async throws {
        let unknown = classifier.unknownToken
        let known = content.answered.filter { drifts[$0.task]?.adapter?.digest == $0.digest }
        for answer in known {
            drifts[answer.task]?.observe(
                label: answer.label, confidence: answer.confidence, length: answer.tokens.count,
                unknown: answer.tokens.count { $0 == unknown }, at: answer.time.seconds)
            unsaved.insert(answer.task)
        }
        for judged in content.judged {
            drifts[judged.task]?.answer(
                isCorrect: judged.isCorrect, confidence: judged.confidence, at: judged.time.seconds)
            unsaved.insert(judged.task)
        }
        // What is left of the machine while an update trains is the trainer's.
        guard !engine.isBesideTraining else { return }
        let sample = Self.spread(known, limit: Self.embeddingsPerTick)
        guard !sample.isEmpty else { return }
        let features = try await atIdle(embedding: sample.count) {
            try classifier.frozenFeatures(sample.map(\.tokens))
        }
        for (answer, features) in zip(sample, features) {
            drifts[answer.task]?.observe(features: features, at: answer.time.seconds)
        }
    }

    private func observe(
        _ arrivals: [ArrivedExample], _ snapshot: ServingSnapshot, _ classifier: any TextClassifier
    ) async throws {
        var questions: [(arrival: ArrivedExample, label: Int, input: ClassifierInput)] = []
        for arrival in arrivals where drifts[arrival.task] != nil {
            drifts[arrival.task]?.arrive(label: arrival.label, at: arrival.arrivedAt.seconds)
            unsaved.insert(arrival.task)
            // Test, then learn: only by an adapter that has not seen it. A label it does not know is counted apart.
            guard arrival.isUnseen, let text = arrival.text, let champion = snapshot.tasks[arrival.task]?.champion,
                let label = champion.heads.labels.firstIndex(of: arrival.label)
            else { continue }
            questions.append((arrival, label, try champion.input(text, for: classifier)))
        }
        let sample = Self.spread(questions, limit: Self.answersPerTick)
        guard !sample.isEmpty else { return }
        let inputs = sample.map(\.input)
        let rows = try await atIdle { try classifier.probabilitiesAtIdle(inputs) }
        for (question, scores) in zip(sample, rows) {
            guard let best = scores.indices.max(by: { scores[$0] < scores[$1] }) else { continue }
            drifts[question.arrival.task]?.answer(
                isCorrect: best == question.label, confidence: Double(scores[best]),
                at: question.arrival.arrivedAt.seconds)
        }
    }

    /// At most `limit` of the elements, evenly over all of them.
    private static func spread<Element>(_ elements: [Element], limit: Int) -> [Element] {
        guard elements.count > limit else { return elements }
        return (0..<limit).map { elements[$0 * elements.count / limit] }
    }

    private func look(_ entry: ServingSnapshot.Entry) async throws {
        let task = entry.task.name
        if let drift = drifts[task], drift.isDue {
            let time = Timestamp.now
            let (judged, new) = try await atIdle {
                var drift = drift
                // Which permutations are drawn follows from what was seen, so the same state gives the same verdict.
                var generator = SeededGenerator(seed: drift.seed, stream: 11)
                let events = drift.look(at: time, using: &generator)
                return (drift, events)
            }
            drifts[task] = judged
            metrics.judged(judged.report(task, at: time))
            unsaved.insert(task)
            told[task, default: []] += new
        }
        guard told[task]?.isEmpty == false else { return }
        try await act(for: entry.task)
        try await save()
    }

    /// Acts on what was told of a task; where the store fails, on the rest at the next look.
    private func act(for task: LearningTask) async throws {
        while let event = told[task.name]?.first {
            let acted = try await act(on: event, task)
            events[task.name, default: []].append(acted)
            told[task.name]?.removeFirst()
        }
    }

    private func act(on event: DriftEvent, _ task: LearningTask) async throws -> DriftEvent {
        var event = event
        if event.level == .drift {
            event.action = task.update.onDrift.rawValue
            if task.update.onDrift == .update {
                do {
                    event.update = try await store.requestUpdate(task.name, trigger: .drift).id
                } catch StoreError.nothingToLearn {
                    event.action = DriftAction.warn.rawValue
                    event.message += "; no examples wait that an update could learn"
                }
            }
            metrics.confirmed(event, task.name)
        }
        logger.log(
            level: event.level == .drift ? .warning : .notice, "\(event.message)",
            metadata: [
                "task": "\(task.name)", "drift": "\(event.kind.rawValue)", "action": "\(event.action ?? "none")",
            ])
        return event
    }

    /// Saves what changed since the last time, and events that are new; what the store does not take, the next time.
    package func save() async throws {
        let snapshot = refresher.snapshot.current
        lastSave = .now
        let records = try unsaved.union(events.keys).sorted().compactMap { name -> DriftRecord? in
            guard let drift = drifts[name], let createdAt = created[name] else { return nil }
            let isReplaying = snapshot?.tasks[name]?.task.update.onDrift == .replay
            return DriftRecord(
                task: name, createdAt: createdAt, state: try JSONEncoder().encode(drift), report: drift.report(name),
                replayFactor: drift.isDrifting && isReplaying ? 2 : 1, events: events[name] ?? [])
        }
        guard !records.isEmpty else { return }
        unsaved = []
        events = [:]
        do {
            try await store.saveDrift(records, cursor: cursor)
        } catch {
            for record in records where created[record.task] == record.createdAt {
                unsaved.insert(record.task)
                events[record.task, default: []].insert(contentsOf: record.events, at: 0)
            }
            throw error
        }
    }
}
