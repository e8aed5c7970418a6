import Dashboards
import Foundation
import Schema
import Testing

@Suite("The report as a page")
struct PageTests {
    private func page(isLive: Bool = false) throws -> String {
        ReportPage(overview: Samples.overview(), reports: [try Samples.task()], isLive: isLive).html()
    }

    @Test("It needs nothing from elsewhere", arguments: [false, true])
    func isSelfContained(isLive: Bool) throws {
        let html = try page(isLive: isLive)
        for reference in ["http://", "https://", "src=", "@import", "url(", "<link rel=\"stylesheet"] {
            #expect(!html.contains(reference), "\(reference)")
        }
        #expect(html.contains("prefers-color-scheme:dark") && html.contains("@media print"))
        #expect(html.contains("setInterval") == isLive)
    }

    @Test("After every drawing comes a table with its numbers, and each is said to a screen reader")
    func drawings() throws {
        let parts = try page().components(separatedBy: "<svg ").dropFirst()
        #expect(parts.count == 6)
        for part in parts {
            #expect(part.contains("role=\"img\" aria-label=\""))
            #expect(part.contains("<table>"))
        }
    }

    @Test("It tells the story: what drifts, since when, what was done, what was forgotten")
    func story() throws {
        let html = try page()
        #expect(html.contains("Drift in labels since 2026-09-21 12:00: PSI 0.310 over 0.250."))
        #expect(html.contains("Done: an update was started (u5), training."))
        #expect(html.contains("Forgetting followed: what was learned before the drift is answered 91.0 % right by v4"))
        #expect(html.contains("Forgetting is 6.0 points"))
        #expect(html.contains("rejected: slice 2 fell 3.1 points, 95 % interval 1.2 to 5.0, of 412 examples"))
    }

    @Test("Names from outside stay text, and every element is closed")
    func escaping() throws {
        var report = try Samples.task()
        let name = "<script>alert('x')</script>&\"\u{1}"
        report.task.description = name
        report.evaluation = EvaluationReport(
            version: "v4", answers: [.init(expected: name, predicted: "b", score: 0.5)])
        let html = ReportPage(reports: [report]).html()
        #expect(!html.contains("<script>alert"))
        #expect(html.contains("&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;&amp;&quot;\u{FFFD}"))
        for element in ["svg", "table", "tr", "td", "text", "section", "details", "div", "ul", "li"] {
            let opened = html.matches(of: try Regex("<\(element)[ >]")).count
            #expect(opened == html.components(separatedBy: "</\(element)>").count - 1, "\(element)")
        }
    }

    @Test("The table of a long history says that its middle is left out")
    func excerpt() throws {
        var report = try Samples.task()
        report.forgetting = try Samples.report(updates: 9)
        #expect(!ReportPage(reports: [report]).html().contains("the middle of the history is left out"))
        report.forgetting = report.forgetting.excerpt(6)
        let html = ReportPage(reports: [report]).html()
        #expect(html.contains("the middle of the history is left out"))
        #expect(html.contains("as the mean over its experiences"))
        #expect(html.contains("exp. 2") && !html.contains("exp. 3") && html.contains("exp. 6"))
    }

    @Test("A task without anything, and a service without tasks, are pages too")
    func empty() throws {
        let name = try TaskName("new")
        let report = TaskReport(
            task: LearningTask(name: name), waiting: 7,
            forgetting: ForgettingReport(task: name, slices: [], versions: [], accuracy: []))
        #expect(ReportPage(reports: [report]).html().contains("No adapter yet: 7 examples wait to be learned."))
        #expect(
            ReportPage(overview: ServiceOverview(), reports: []).html()
                .contains("<code>perennial task create NAME</code>"))
    }
}
