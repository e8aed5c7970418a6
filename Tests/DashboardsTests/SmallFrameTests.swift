import Dashboards
import Schema
import Testing

@Suite("Frames with little room")
struct SmallFrameTests {
    private func lines(_ columns: Int, _ rows: Int, keys: String = "", failure: String? = nil) throws -> [Substring] {
        var snapshot = try Samples.snapshot(task: true)
        snapshot.failure = failure
        var state = DashboardState()
        for key in KeyDecoding.keys(Array(keys.utf8)) {
            _ = state.handle(key, snapshot, columns: columns, rows: rows)
        }
        let text = DashboardFrame(snapshot, state: state).text(columns: columns, rows: rows, color: false)
        return text.split(separator: "\n", omittingEmptySubsequences: false)
    }

    @Test(
        "The selected task and the keys stand on every screen of two lines or more",
        arguments: [(20, 5), (80, 3), (80, 2), (20, 9), (40, 10)])
    func overview(columns: Int, rows: Int) throws {
        let lines = try lines(columns, rows)
        #expect(lines.count == rows)
        #expect(lines.contains { $0.contains("▸") })
        #expect(lines.last?.contains("? help  q quit") == true)
    }

    @Test("So do the lines of a task, to be scrolled one by one", arguments: [(20, 5), (80, 3), (80, 4)])
    func task(columns: Int, rows: Int) throws {
        #expect(try lines(columns, rows, keys: "\r").first?.hasPrefix("helpdesk") == true)
        let scrolled = try lines(columns, rows, keys: "\rjj")
        #expect(scrolled.first?.hasPrefix("v4 serves") == true, "\(scrolled)")
        #expect(scrolled.last?.contains("q quit") == true)
    }

    @Test("That it is not fresh is said before content", arguments: [2, 3, 5])
    func failure(rows: Int) throws {
        #expect(try lines(80, rows, failure: "no service answers").first == "not fresh: no service answers")
    }

    @Test("Help is cut nowhere", arguments: [40, 80])
    func help(columns: Int) throws {
        let lines = try lines(columns, 60, keys: "?").drop { $0 != "Keys" }
        #expect(!lines.isEmpty)
        #expect(!lines.contains { $0.hasSuffix("…") })
        #expect(lines.joined(separator: " ").contains("forgetting."))
    }

    @Test("A comparison has one way back")
    func comparison() throws {
        let keys = try #require(try lines(80, 24, keys: "\r3j\r").last)
        #expect(keys == "↑↓ scroll  esc versions  ? help  q quit")
    }
}
