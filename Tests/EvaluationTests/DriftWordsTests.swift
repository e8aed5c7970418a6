import Evaluation
import Replay
import Schema
import Testing

/// What an operator reads of a drift: numbers that do not contradict each other.
@Suite("Words of a drift")
struct DriftWordsTests {
    private let labels = ["a", "b"]

    /// Two labels of equal share, texts of one length, answered at every confidence.
    private func started(version: String = "v1") -> TaskDrift {
        var drift = TaskDrift()
        let examples = (0..<300).map { index in
            DriftReference.Answered(
                sequence: Int64(index), label: index % 2, predicted: index % 2, confidence: confidence(index),
                length: 8 + index % 7, unknown: 0, features: nil)
        }
        drift.compare(
            with: DriftReference(
                adapter: AdapterReference(version: version, digest: version), labels: labels, trained: [500, 500],
                examples: examples))
        return drift
    }

    /// From 0 to 1, each as often within any hundred.
    private func confidence(_ index: Int) -> Float { Float(index * 37 % 100) / 100 }

    /// Queries one after the other; returns what was told.
    private func run(
        _ drift: inout TaskDrift, _ indices: Range<Int>, length: (Int) -> Int = { 8 + $0 % 7 },
        confidence scale: Float = 1
    ) -> [DriftEvent] {
        var generator = SeededGenerator(seed: 1)
        var events: [DriftEvent] = []
        for index in indices {
            drift.observe(
                label: labels[index % 2], confidence: scale * confidence(index), length: length(index), unknown: 0,
                at: Double(index))
            if drift.isDue { events += drift.look(at: Timestamp(seconds: Double(index)), using: &generator) }
        }
        return events
    }

    /// The number behind a word of a message.
    private func number(_ word: String, in message: String) throws -> Double {
        let rest = try #require(message.split(separator: " ").drop { !$0.hasSuffix(word) }.dropFirst().first)
        return try #require(Double(rest.trimmingSuffix(while: { $0 == "," || $0 == ")" })))
    }

    @Test("An event has the value that decided, which is over the threshold beside it", arguments: [2, 3, 4, 6])
    func decided(every: Int) throws {
        var drift = started()
        #expect(run(&drift, 0..<300).isEmpty)
        let told = run(&drift, 300..<1_200, length: { $0 % every == 0 ? 40 : 8 + $0 % 7 })
        let message = try #require(told.first { $0.kind == .length }?.message)
        let value = try number("psi", in: message)
        let threshold = try number("(threshold", in: message)
        #expect(value >= threshold && threshold == 0.25, "\(message)")
        // Observations after it began, not the whole window.
        #expect(message.contains("150 against 300"), "\(message)")
    }

    @Test("Where the p-value decides, the limit beside it is its own")
    func pValue() throws {
        var drift = started()
        _ = run(&drift, 0..<300)
        let told = run(&drift, 300..<1_000, confidence: 0.5)
        let message = try #require(told.first { $0.kind == .confidence }?.message)
        #expect(message.contains(" under 0.05, ") && !message.contains("threshold"), "\(message)")
    }

    @Test("Advice does not ask for what has come")
    func advice() throws {
        var drift = started()
        _ = run(&drift, 0..<90)
        let task = try TaskName("t")
        func verdict(_ drift: TaskDrift) throws -> DriftVerdict {
            try #require(drift.report(task).verdicts.first { $0.kind == .length })
        }
        #expect(try verdict(drift).advice == "90 of 100 observations needed; nothing is judged before.")
        // Enough came between two looks.
        for index in 90..<120 {
            drift.observe(label: "a", confidence: 0.5, length: 9, unknown: 0, at: Double(index))
        }
        let enough = try verdict(drift)
        #expect(enough.level == .insufficient && enough.samples.current == 120)
        #expect(enough.advice == "Enough observations have come; they are judged together with the next.")
    }
}

extension Substring {
    fileprivate func trimmingSuffix(while isDropped: (Character) -> Bool) -> Substring {
        var text = self
        while let last = text.last, isDropped(last) { text.removeLast() }
        return text
    }
}
