import Adapters
import Schema
import Store

/// A long stream of small experiences made from the rows of a data set: what `perennial bench updates` learns.
///
/// - A quarter of the labels is active at a time: a window that moves on through all of them, in the order in which the
///   rows first name them, and returns to each about every ``pass`` updates.
/// - The active labels get examples in turn, each its own rows in their order and, once they are used up, again.
/// - Wording drifts: a share of the texts is reworded, none in the first experience and all in the last.
///
/// No text stands in it twice: what would be said again gets a number. The same arguments make the same stream.
package struct ReturningStream: Sendable, Equatable {
    package struct Experience: Sendable, Equatable {
        package fileprivate(set) var examples: [Example] = []
        /// How many of them are in other words than their rows.
        package fileprivate(set) var reworded = 0
    }

    package let experiences: [Experience]

    /// Updates in which the window passes all labels once; more where an update has too few examples for that.
    package static let pass = 20

    /// - Parameters:
    ///   - rows: at least one. Text and label are taken; what else identifies a row would be the same in its second use.
    ///   - count: examples in each update.
    ///   - seed: of the choice which texts are reworded, and how.
    package init(_ rows: [Example], updates: Int, examples count: Int, seed: UInt64 = 0) {
        precondition(!rows.isEmpty && updates > 0 && count > 0, "a stream is made of rows, updates and examples")
        var labels: [String] = []
        var texts: [String: [String]] = [:]
        for row in rows {
            if texts[row.label] == nil { labels.append(row.label) }
            texts[row.label, default: []].append(row.text)
        }
        let window = min(labels.count, count, max(2, (labels.count + 3) / 4))
        // No label is passed over: the window never moves on by more than its width.
        let pass = max(Self.pass, (labels.count + window - 1) / window)
        var used: [String: Int] = [:]
        var said = DistinctTexts()
        experiences = (0..<updates).map { update in
            let drift = Float(update) / Float(max(updates - 1, 1))
            let first = update * labels.count / pass
            var experience = Experience()
            for place in 0..<count {
                let label = labels[(first + place % window) % labels.count]
                guard let own = texts[label] else { continue }
                var text = own[used[label, default: 0] % own.count]
                used[label, default: 0] += 1
                var generator = SeededGenerator(seed: seed ^ ContentHash(text).high, stream: UInt64(update))
                if generator.nextUnit() < drift {
                    text = Rewording.reword(text, using: &generator)
                    experience.reworded += 1
                }
                experience.examples.append(Example(text: said.add(text), label: label))
            }
            return experience
        }
    }

    /// Updates without a label before it returned, on average; `nil` when none was away.
    package var meanAbsence: Double? {
        var last: [String: Int] = [:]
        var absences: [Int] = []
        for (update, experience) in experiences.enumerated() {
            for label in Set(experience.examples.map(\.label)) {
                if let before = last.updateValue(update, forKey: label), update - before > 1 {
                    absences.append(update - before - 1)
                }
            }
        }
        return absences.isEmpty ? nil : Double(absences.reduce(0, +)) / Double(absences.count)
    }

    /// Of all texts.
    package var rewordedShare: Double {
        Double(experiences.reduce(0) { $0 + $1.reworded }) / Double(experiences.reduce(0) { $0 + $1.examples.count })
    }
}

/// Texts of which no two are the same.
private struct DistinctTexts {
    private var texts: Set<String> = []
    private var repeats: [String: Int] = [:]

    /// - Returns: the text, with a number where it is known already.
    mutating func add(_ text: String) -> String {
        var distinct = text
        while !texts.insert(distinct).inserted {
            repeats[text, default: 0] += 1
            distinct = "\(text) (\(repeats[text, default: 0]))"
        }
        return distinct
    }
}

/// One plain change of an English text's words or typing that leaves what it asks.
private enum Rewording {
    case opening(String)
    case ending(String)
    case words([String: String])
    case lowercase
    case withoutPunctuation

    /// None takes back what another did, and openings and endings change every text.
    private static let english: [Self] = [
        .opening("hi team, "), .opening("quick question: "),
        .ending(" thanks in advance"), .ending(" - any ideas?"),
        .lowercase, .withoutPunctuation,
        // Not for oneself alone.
        .words(["i": "we", "i'm": "we're", "i've": "we've", "am": "are", "me": "us", "my": "our", "mine": "ours"]),
        // Contractions written out.
        .words([
            "can't": "cannot", "didn't": "did not", "doesn't": "does not", "don't": "do not", "hasn't": "has not",
            "haven't": "have not", "isn't": "is not", "it's": "it is", "wasn't": "was not", "what's": "what is",
            "won't": "will not",
        ]),
        // As in a short message.
        .words([
            "please": "pls", "you": "u", "your": "ur", "are": "r", "and": "&", "with": "w/", "without": "w/o",
            "because": "bc", "though": "tho", "through": "thru", "thanks": "thx",
        ]),
        // As in a letter.
        .words([
            "need": "require", "want": "wish", "get": "obtain", "help": "assist", "tell": "inform", "show": "display",
            "use": "make use of", "buy": "purchase", "fix": "resolve", "start": "begin",
        ]),
        // Asked in other words.
        .words([
            "why": "how come", "when": "at what time", "where": "in which place", "can": "could", "will": "would",
            "should": "ought to",
        ]),
    ]

    /// The text after the first two rules, in a drawn order, that change it.
    static func reword(_ text: String, using generator: inout SeededGenerator) -> String {
        var (reworded, changes) = (text, 0)
        for rule in english.shuffled(using: &generator) where changes < 2 {
            let changed = rule.apply(to: reworded)
            if changed != reworded { changes += 1 }
            reworded = changed
        }
        return reworded
    }

    private func apply(to text: String) -> String {
        switch self {
        case .opening(let words): return words + text
        case .ending(let words): return text + words
        case .words(let others):
            return text.replacing(/[A-Za-z']+/) { others[$0.output.lowercased()] ?? String($0.output) }
        case .lowercase: return text.lowercased()
        case .withoutPunctuation: return text.filter { !".,;:!?'\"".contains($0) }
        }
    }
}
