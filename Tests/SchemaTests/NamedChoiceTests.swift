import Foundation
import Schema
import Testing

@Suite("Names to choose from")
struct NamedChoiceTests {
    private func message<Choice: NamedChoice>(_ type: Choice.Type) throws -> String {
        do {
            _ = try JSONDecoder().decode([Choice].self, from: Data(#"["x"]"#.utf8))
            return ""
        } catch DecodingError.dataCorrupted(let context) {
            return context.debugDescription
        }
    }

    @Test("One that there is not is refused with those there are")
    func unknown() throws {
        #expect(try message(Recipe.Head.self) == #""x" is not known here; known: blend, adapter, analytic"#)
        #expect(try message(Recipe.AnalyticOptions.Kind.self).hasSuffix("known: auto, ridge, lda"))
        #expect(try message(Recipe.Schedule.self).hasSuffix("known: constant, linear, cosine"))
        #expect(try message(Recipe.ReplayOptions.Retention.self).contains("class-balanced, reservoir, window"))
        #expect(try message(Recipe.ReplayOptions.Sampling.self).contains("loss-weighted, interfered"))
        #expect(try message(Recipe.SharingOptions.Conflicts.self).hasSuffix("known: sum, project, mask"))
        #expect(try message(Recipe.Method.self).contains("er-ace, der++"))
        #expect(try message(TargetModule.self).contains("query, key, value, attention_output"))
    }

    @Test("Those there are mean themselves again", arguments: Recipe.ReplayOptions.Retention.allCases)
    func roundTrip(retention: Recipe.ReplayOptions.Retention) throws {
        let data = try JSONEncoder().encode([retention])
        #expect(String(decoding: data, as: UTF8.self) == #"["\#(retention.rawValue)"]"#)
        #expect(try JSONDecoder().decode([Recipe.ReplayOptions.Retention].self, from: data) == [retention])
    }
}
