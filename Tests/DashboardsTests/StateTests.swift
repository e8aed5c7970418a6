import Dashboards
import Schema
import Testing

@Suite("Keys of the dashboard")
struct StateTests {
    private func press(
        _ keys: String, _ state: inout DashboardState, _ snapshot: DashboardSnapshot
    ) -> [DashboardRequest] {
        KeyDecoding.keys(Array(keys.utf8)).compactMap { state.handle($0, snapshot) }
    }

    @Test("Promotion asks first; y carries it out, any other key does not")
    func promotion() throws {
        let snapshot = try Samples.snapshot(task: true)
        var state = DashboardState()
        #expect(press("\r3jp", &state, snapshot).isEmpty)
        #expect(frame(state, snapshot).hasSuffix("Promote v3 of helpdesk? y/N"))
        #expect(press("y", &state, snapshot) == [.promote(task: "helpdesk", version: "v3")])
        #expect(press("pn", &state, snapshot).isEmpty)
        #expect(state.message == "nothing was changed")
        #expect(press("y", &state, snapshot).isEmpty)
    }

    @Test("The champion is not promoted again")
    func champion() throws {
        let snapshot = try Samples.snapshot(task: true)
        var state = DashboardState()
        #expect(press("\r3py", &state, snapshot).isEmpty)
    }

    @Test("Rollback asks first, in the overview too")
    func rollback() throws {
        let snapshot = try Samples.snapshot(task: true)
        var state = DashboardState()
        #expect(press("ry", &state, snapshot) == [.rollback(task: "helpdesk")])
        #expect(press("\r", &state, snapshot).isEmpty)
        #expect(press("rY", &state, snapshot) == [.rollback(task: "helpdesk")])
    }

    @Test("Read-only, neither asks nor does anything", arguments: ["ry", "\r3jpy", "\rry"])
    func readOnly(keys: String) throws {
        let snapshot = try Samples.snapshot(task: true)
        var state = DashboardState(isReadOnly: true)
        #expect(press(keys, &state, snapshot).isEmpty)
    }

    @Test("A filter narrows the tasks, and escape lifts it")
    func filter() throws {
        let snapshot = try Samples.snapshot()
        var state = DashboardState()
        #expect(press("/urgq", &state, snapshot).isEmpty, "q is a letter while a filter is typed")
        #expect(frame(state, snapshot).contains("No task is called like \"urgq\"."))
        #expect(press("\u{7F}\r", &state, snapshot).isEmpty)
        #expect(frame(state, snapshot).contains("▸ urgency"))
        #expect(!frame(state, snapshot).contains("helpdesk"))
        #expect(press("\u{1B}", &state, snapshot).isEmpty)
        #expect(frame(state, snapshot).contains("helpdesk"))
    }

    @Test("Views are reached by digits and arrows, and left by escape")
    func views() throws {
        let snapshot = try Samples.snapshot(task: true)
        var state = DashboardState()
        #expect(press("\r", &state, snapshot).isEmpty)
        #expect(state.task == "helpdesk" && state.view == .task)
        _ = state.handle(.left, snapshot)
        #expect(state.view == .replay)
        _ = state.handle(.right, snapshot)
        #expect(state.view == .task)
        #expect(press("3\r", &state, snapshot).isEmpty)
        #expect(state.comparison?.from == "v3" && state.comparison?.to == "v4")
        #expect(press("\u{1B}", &state, snapshot).isEmpty)
        #expect(state.comparison == nil && state.task == "helpdesk")
        #expect(press("\u{1B}", &state, snapshot).isEmpty)
        #expect(state.task == nil)
        #expect(press("q", &state, snapshot) == [.quit])
    }

    @Test("Scrolling ends at the last page, and leads back from there at once")
    func scrolling() throws {
        let snapshot = try Samples.snapshot(task: true)
        var state = DashboardState()
        #expect(press("\rG", &state, snapshot).isEmpty)
        let last = frame(state, snapshot)
        #expect(!last.contains("more lines"))
        #expect(press("jj ", &state, snapshot).isEmpty)
        #expect(frame(state, snapshot) == last)
        #expect(press("k", &state, snapshot).isEmpty)
        #expect(frame(state, snapshot).contains("↓ 2 more lines"))
    }

    @Test(
        "Sequences of a terminal are keys",
        arguments: [
            ("\u{1B}[A", [.up]), ("\u{1B}OB", [.down]), ("\u{1B}[5~", [.pageUp]), ("\u{1B}[1;5H", [.home]),
            ("\u{1B}", [.escape]), ("\u{1B}[200~", []), ("j\r\u{7F}", [.character("j"), .enter, .backspace]),
            ("\u{1}", []), ("ä", []),
        ] as [(String, [Key])])
    func decoding(bytes: String, keys: [Key]) {
        #expect(KeyDecoding.keys(Array(bytes.utf8)) == keys)
    }

    private func frame(_ state: DashboardState, _ snapshot: DashboardSnapshot) -> String {
        DashboardFrame(snapshot, state: state).text(columns: 80, rows: 24, color: false)
    }
}
