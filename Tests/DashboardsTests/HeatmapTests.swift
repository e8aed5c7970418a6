import Dashboards
import Schema
import Testing

@Suite("Heatmap on a terminal")
struct HeatmapTests {
    @Test("The heatmap of four versions")
    func heatmap() throws {
        let text = ForgettingHeatmap.text(try Samples.report(updates: 4), width: 80, color: false)
        #expect(text == Samples.heatmap + "\n")
    }

    @Test("Accuracy on test examples is called that")
    func testExamples() throws {
        let text = ForgettingHeatmap.text(try Samples.report(updates: 4), on: .test, width: 80, color: false)
        #expect(text.hasPrefix("helpdesk: accuracy in percent on the test examples of each experience\n"))
        #expect(text.contains("\n    test ") && !text.contains("held"))
    }

    @Test("Many experiences: first and last are shown, the middle is left out")
    func manyExperiences() throws {
        let text = ForgettingHeatmap.text(try Samples.report(updates: 30), width: 44, color: false, maximumRows: 5)
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false).prefix(8)
        #expect(
            lines.joined(separator: "\n") == """
                helpdesk: accuracy in percent on the held-o…
                 version   1   2   …  25  26  27  28  29  30
                      v1 100   ·   …   ·   ·   ·   ·   ·   ·
                       ⋮
                     v28  31  31   …  91  93  95  97   ·   ·
                     v29  31  31   …  88  90  92  94 100   ·
                     v30  31  31   …  85  87  89  91  97  99
                held out  57  64   … 225 232 239 246 253 260
                """)
    }

    @Test("Nothing is wider or longer than it may be", arguments: [40, 60, 80, 120, 200])
    func bounds(columns: Int) throws {
        for updates in [1, 7, 12, 100] {
            let heatmap = ForgettingHeatmap.text(try Samples.report(updates: updates), width: columns, color: false)
            #expect(heatmap.split(separator: "\n").allSatisfy { $0.count <= columns })
            #expect(heatmap.split(separator: "\n").count <= 52)
        }
    }

    @Test("Colour adds escape sequences and changes no character", arguments: [80, 120])
    func color(columns: Int) throws {
        let report = try Samples.report(updates: 4)
        let heatmap = ForgettingHeatmap.text(report, width: columns, color: true)
        #expect(heatmap.contains("\u{1B}[48;5;185;38;5;16m  91\u{1B}[0m"))
        #expect(
            heatmap.replacing(/\u{1B}\[[0-9;]*m/, with: "")
                == ForgettingHeatmap.text(report, width: columns, color: false))
    }

    @Test("A task without versions says what is missing")
    func empty() throws {
        let report = try Samples.report(updates: 0)
        #expect(
            ForgettingHeatmap.text(report, width: 80, color: false)
                == "helpdesk: no update has ended well yet, so there is nothing to compare.\n")
    }
}
