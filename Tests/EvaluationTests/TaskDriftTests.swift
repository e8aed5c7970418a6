import Evaluation
import Foundation
import Replay
import Schema
import Testing

@Suite("Drift of a task")
struct TaskDriftTests {
    private let labels = ["a", "b", "c", "d"]

    /// Four labels of equal share, each around a corner of its own; 90 % answered right.
    private func started(options: DriftOptions = DriftOptions(), version: String = "v1") -> TaskDrift {
        var generator = SeededGenerator(seed: 1)
        var drift = TaskDrift(options: options)
        let examples = (0..<300).map { index in
            DriftReference.Answered(
                sequence: Int64(index), label: index % 4, predicted: index % 10 == 0 ? (index + 1) % 4 : index % 4,
                confidence: Float(unit(&generator)), length: 8 + index % 7, unknown: 0,
                features: PackedFeatures(features(corner: index % 4, &generator)))
        }
        drift.compare(
            with: DriftReference(
                adapter: AdapterReference(version: version, digest: version), labels: labels,
                trained: [500, 500, 500, 500], examples: examples))
        return drift
    }

    private func unit(_ generator: inout SeededGenerator) -> Double { Double(generator.next() >> 11) * 0x1p-53 }

    private func features(corner: Int, _ generator: inout SeededGenerator) -> [Float] {
        var row = (0..<8).map { _ in Float(unit(&generator) - 0.5) * 0.3 }
        row[corner] += 1
        let length = row.reduce(0) { $0 + $1 * $1 }.squareRoot()
        return row.map { $0 / length }
    }

    /// Queries, each labelled right after; returns what was told.
    private func run(
        _ drift: inout TaskDrift, _ count: Int, from start: Int = 0, corner: (Int) -> Int, accuracy: Double = 0.9,
        name: ((Int) -> String)? = nil, _ generator: inout SeededGenerator
    ) -> [DriftEvent] {
        var events: [DriftEvent] = []
        for index in start..<start + count {
            let chosen = corner(index)
            let time = Double(index)
            drift.observe(
                label: labels[chosen % 4], confidence: Float(unit(&generator)), length: 8 + index % 7, unknown: 0,
                at: time)
            drift.observe(features: features(corner: chosen, &generator), at: time)
            drift.arrive(label: name?(index) ?? labels[chosen % 4], at: time)
            drift.answer(isCorrect: unit(&generator) < accuracy, confidence: nil, at: time)
            if drift.isDue { events += drift.look(at: Timestamp(seconds: time), using: &generator) }
        }
        return events
    }

    @Test("nothing is judged below the minimum sample, and the verdicts say how much is missing")
    func insufficient() throws {
        var generator = SeededGenerator(seed: 2)
        var drift = started()
        #expect(run(&drift, 60, corner: { _ in 0 }, &generator).isEmpty)
        let report = drift.report(try TaskName("t"))
        #expect(report.verdicts.allSatisfy { $0.level == ($0.kind == .newLabel ? .ok : .insufficient) })
        let verdict = try #require(report.verdicts.first { $0.kind == .prediction && $0.statistic == "js" })
        #expect(verdict.samples == DriftVerdict.Samples(reference: 300, current: 60, minimum: 100))
        #expect(verdict.value == nil && verdict.advice.contains("60 of 100"))
    }

    @Test("traffic that stands still is ok, with every number in the verdict")
    func still() throws {
        var generator = SeededGenerator(seed: 3)
        var drift = started()
        var other = SeededGenerator(seed: 33)
        let events = run(&drift, 2_000, corner: { _ in Int(other.next() % 4) }, &generator)
        #expect(events.isEmpty)
        let report = drift.report(try TaskName("t"), at: Timestamp(seconds: 2_000))
        #expect(report.level == .ok || report.level == .watch)
        for verdict in report.verdicts where verdict.pValue != nil {
            #expect(verdict.value != nil && verdict.window != nil && verdict.samples.current == 250)
        }
        #expect(report.verdicts.count { $0.pValue != nil } == 10)
        #expect(report.series.allSatisfy { !$0.points.isEmpty && $0.points.count <= 120 })
    }

    @Test("a label that takes over is told within 500 examples, since when, and ends when it is gone")
    func labelShift() throws {
        var generator = SeededGenerator(seed: 4)
        var drift = started()
        var other = SeededGenerator(seed: 44)
        #expect(run(&drift, 400, corner: { _ in Int(other.next() % 4) }, &generator).isEmpty)
        let told = run(
            &drift, 500, from: 400, corner: { _ in other.next() % 10 < 4 ? 0 : Int(other.next() % 4) }, &generator)
        #expect(Set(told.map(\.kind)).isSuperset(of: [.prediction, .label]))
        #expect(told.allSatisfy { $0.level == .drift && !$0.message.isEmpty })
        #expect(drift.isDrifting)
        let report = drift.report(try TaskName("t"))
        let worst = try #require(report.worst)
        #expect(worst.level == .drift)
        #expect((400..<900).contains(Int(try #require(worst.since).seconds)))
        let ended = run(&drift, 900, from: 900, corner: { _ in Int(other.next() % 4) }, &generator)
        #expect(ended.contains { $0.kind == .label && $0.level == .ok })
        #expect(!drift.isDrifting)
    }

    @Test("a drift outlasts the version it was told of, until the next one has been judged")
    func newVersion() throws {
        var generator = SeededGenerator(seed: 9)
        var drift = started()
        var other = SeededGenerator(seed: 99)
        _ = run(&drift, 400, corner: { _ in Int(other.next() % 4) }, &generator)
        let shifted = { (_: Int) in other.next() % 10 < 5 ? 0 : Int(other.next() % 4) }
        #expect(run(&drift, 500, from: 400, corner: shifted, &generator).contains { $0.kind == .prediction })
        drift.compare(with: try #require(started(version: "v2").reference))
        let told = try #require(
            drift.report(try TaskName("t")).verdicts.first { $0.kind == .prediction && $0.level == .drift })
        #expect(told.value == nil && told.since != nil && told.advice.contains("100 observations, 0 have come"))
        // The same traffic goes on: nothing ends, and nothing is told twice.
        #expect(run(&drift, 200, from: 900, corner: shifted, &generator).allSatisfy { $0.kind != .prediction })
        let ended = run(&drift, 900, from: 1_100, corner: { _ in Int(other.next() % 4) }, &generator)
        #expect(ended.contains { $0.kind == .prediction && $0.level == .ok })
    }

    @Test("a corner never learned is input drift, though labels and answers stand still")
    func unseenDomain() {
        var generator = SeededGenerator(seed: 5)
        var drift = started()
        var other = SeededGenerator(seed: 55)
        _ = run(&drift, 300, corner: { _ in Int(other.next() % 4) }, &generator)
        let told = run(
            &drift, 500, from: 300, corner: { _ in Int(other.next() % 4) + (other.next() % 10 < 3 ? 4 : 0) },
            &generator)
        #expect(told.map(\.kind) == [.input])
    }

    @Test("answers that get worse are drift of performance")
    func performance() {
        var generator = SeededGenerator(seed: 6)
        var drift = started()
        var other = SeededGenerator(seed: 66)
        #expect(run(&drift, 500, corner: { _ in Int(other.next() % 4) }, &generator).isEmpty)
        let told = run(
            &drift, 600, from: 500, corner: { _ in Int(other.next() % 4) }, accuracy: 0.6, &generator)
        #expect(told.map(\.kind) == [.performance])
    }

    @Test("labels that the adapter does not know are told by name, and forgotten once an adapter knows them")
    func newLabels() throws {
        var generator = SeededGenerator(seed: 7)
        var drift = started()
        var other = SeededGenerator(seed: 77)
        let told = run(
            &drift, 150, corner: { _ in Int(other.next() % 4) },
            name: { $0 % 20 == 19 ? "refund" : labels[$0 % 4] }, &generator)
        #expect(told.map(\.kind) == [.newLabel])
        let verdict = try #require(drift.report(try TaskName("t")).verdicts.first { $0.kind == .newLabel })
        #expect(verdict.level == .drift && verdict.value == 7 && verdict.advice.contains("refund"))
        drift.compare(
            with: DriftReference(
                adapter: AdapterReference(version: "v2", digest: "v2"), labels: labels + ["refund"],
                trained: [500, 500, 500, 500, 20], examples: []))
        let learned = try #require(drift.report(try TaskName("t")).verdicts.first { $0.kind == .newLabel })
        #expect(learned.level == .insufficient && learned.samples.current == 0)
        // Nothing else has to arrive before it ends, and the next new label is told again.
        #expect(drift.isDue)
        let ended = drift.look(at: Timestamp(seconds: 150), using: &generator)
        #expect(ended.map(\.kind) == [.newLabel] && ended.first?.level == .ok)
        #expect(!drift.isDrifting && !drift.isDue)
        for index in 0..<5 { drift.arrive(label: "return", at: Double(151 + index)) }
        #expect(drift.isDue)
        let next = drift.look(at: Timestamp(seconds: 156), using: &generator)
        #expect(next.map(\.level) == [.drift] && next.first?.kind == .newLabel)
    }

    @Test("labels new to the next version are told, also where they come before those of the last have ended")
    func newLabelsAtOnce() throws {
        var generator = SeededGenerator(seed: 11)
        var drift = started()
        for index in 0..<5 { drift.arrive(label: "refund", at: Double(index)) }
        #expect(drift.look(at: Timestamp(seconds: 5), using: &generator).map(\.level) == [.drift])
        drift.compare(
            with: DriftReference(
                adapter: AdapterReference(version: "v2", digest: "v2"), labels: labels + ["refund"],
                trained: [500, 500, 500, 500, 20], examples: []))
        for index in 6..<12 { drift.arrive(label: "return", at: Double(index)) }
        #expect(drift.isDue)
        #expect(drift.look(at: Timestamp(seconds: 12), using: &generator).map(\.level) == [.ok, .drift])
        #expect(drift.isDrifting && !drift.isDue)
        // As long as they last they are told once.
        drift.arrive(label: "return", at: 13)
        #expect(!drift.isDue && drift.look(at: Timestamp(seconds: 13), using: &generator).isEmpty)
    }

    /// Labels that arrive, one of which takes over while queries stand still; returns what was told.
    private func shiftLabels(_ drift: inout TaskDrift) -> [DriftEvent] {
        var generator = SeededGenerator(seed: 12)
        var (other, arriving) = (SeededGenerator(seed: 122), SeededGenerator(seed: 123))
        let calm = run(&drift, 400, corner: { _ in Int(other.next() % 4) }, &generator)
        return calm
            + run(
                &drift, 600, from: 400, corner: { _ in Int(other.next() % 4) },
                name: { _ in labels[arriving.next() % 10 < 4 ? 0 : Int(arriving.next() % 4)] }, &generator)
    }

    @Test("a shift is told at any level, by as many permutations as it asks for", arguments: [0.01, 1e-9])
    func level(pValue: Double) {
        var options = DriftOptions()
        options.pValue = pValue
        var drift = started(options: options)
        #expect(shiftLabels(&drift).map(\.kind) == [.label])
    }

    @Test("a shift is told however often something was watched in vain", arguments: [200, 5_000])
    func spells(count: Int) throws {
        let saved = String(decoding: try JSONEncoder().encode(started()), as: UTF8.self)
        let none = try #require(saved.range(of: #""spells":[]"#))
        let many = Array(repeating: "0", count: count).joined(separator: ",")
        var drift = try JSONDecoder().decode(
            TaskDrift.self, from: Data(saved.replacingCharacters(in: none, with: #""spells":[\#(many)]"#).utf8))
        drift.wake()
        #expect(shiftLabels(&drift).map(\.kind) == [.label])
    }

    @Test("a drift of accuracy that a new version mends ends after a window of its answers")
    func mended() throws {
        var generator = SeededGenerator(seed: 13)
        var drift = started()
        var other = SeededGenerator(seed: 133)
        _ = run(&drift, 400, corner: { _ in Int(other.next() % 4) }, &generator)
        let told = run(&drift, 600, from: 400, corner: { _ in Int(other.next() % 4) }, accuracy: 0.6, &generator)
        #expect(told.map(\.kind) == [.performance])
        drift.compare(with: try #require(started(version: "v2").reference))
        let ended = run(&drift, 300, from: 1_000, corner: { _ in Int(other.next() % 4) }, &generator)
        #expect(ended.map(\.kind) == [.performance] && ended.first?.level == .ok)
        #expect(!drift.isDrifting)
    }

    @Test("saved and restored it goes on exactly as it would have, and is bounded")
    func restored() throws {
        var generator = SeededGenerator(seed: 8)
        var drift = started()
        var other = SeededGenerator(seed: 88)
        _ = run(&drift, 1_000, corner: { _ in Int(other.next() % 4) }, &generator)
        let data = try JSONEncoder().encode(drift)
        #expect(data.count < 400_000)
        var restored = try JSONDecoder().decode(TaskDrift.self, from: data)
        restored.wake()
        var (left, right) = (generator, generator)
        var (first, second) = (other, other)
        let expected = run(&drift, 400, from: 1_000, corner: { _ in first.next() % 3 == 0 ? 1 : 0 }, &left)
        let found = run(&restored, 400, from: 1_000, corner: { _ in second.next() % 3 == 0 ? 1 : 0 }, &right)
        #expect(!expected.isEmpty && found == expected)
        let task = try TaskName("t")
        #expect(restored.report(task, at: Timestamp(seconds: 1)) == drift.report(task, at: Timestamp(seconds: 1)))
    }

    @Test("another adapter starts the windows of answers and of what it may have learned afresh")
    func otherAdapter() throws {
        var generator = SeededGenerator(seed: 9)
        var drift = started()
        var other = SeededGenerator(seed: 99)
        _ = run(&drift, 300, corner: { _ in Int(other.next() % 4) }, &generator)
        drift.compare(with: try #require(started(version: "v2").reference))
        let report = drift.report(try TaskName("t"))
        #expect(report.adapter == "v2")
        #expect(
            report.verdicts.filter { [.prediction, .label, .performance].contains($0.kind) }
                .allSatisfy { $0.samples.current == 0 && $0.value == nil })
        #expect(report.verdicts.first { $0.statistic == "mmd" }?.samples.current == 250)
        // What the errors before were is forgotten too.
        drift.answer(isCorrect: true, confidence: nil, at: 301)
        let errors = drift.report(try TaskName("t")).verdicts
            .filter { $0.kind == .performance && $0.statistic != "accuracy" }
        #expect(errors.count == 2 && errors.allSatisfy { $0.value == 0 && $0.samples.current == 1 })
    }

    @Test("the reference is drawn in the shares that were trained on, whatever the held-out slices hold")
    func sample() {
        let candidates = (0..<200).map { (label: $0 < 100 ? "rare" : "common", order: UInt64($0 * 7919 % 1_009)) }
        let chosen = DriftReference.sample(candidates, trained: ["rare": 100, "common": 900], limit: 100)
        let rare = chosen.count { candidates[$0].label == "rare" }
        #expect(rare == 10 && chosen.count == 100)
        #expect(DriftReference.sample([], trained: [:], limit: 100).isEmpty)
    }

    @Test("the reference is never larger than its limit, however many labels there are")
    func sampleLimit() {
        var generator = SeededGenerator(seed: 22)
        let candidates = (0..<3_000).map { (label: "\($0 / 3)", order: generator.next()) }
        let trained = Dictionary(uniqueKeysWithValues: (0..<1_000).map { ("\($0)", 17) })
        #expect(DriftReference.sample(candidates, trained: trained).count == DriftReference.answeredLimit)
    }

    @Test("features packed into bytes keep their inner products")
    func packed() {
        var generator = SeededGenerator(seed: 10)
        for _ in 0..<20 {
            let row = features(corner: 2, &generator)
            let packed = PackedFeatures(row).values
            #expect(zip(row, packed).allSatisfy { abs($0 - $1) < 0.005 })
        }
        #expect(PackedFeatures([0, 0]).values == [0, 0])
    }
}
