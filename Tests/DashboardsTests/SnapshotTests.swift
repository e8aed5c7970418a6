import Dashboards
import Schema
import Testing

@Suite("Terminal drawings")
struct SnapshotTests {
    @Test("The dashboard at 80 × 24")
    func narrow() throws {
        let frame = DashboardFrame(try Samples.snapshot()).text(columns: 80, rows: 24, color: false)
        #expect(
            frame == """
                perennial  http://127.0.0.1:8088  base all-MiniLM-L6-v2  up 2 h 05 min
                412 queries/s · median 1.90 ms · 9,812 examples/s · 312 MB memory · 1 updating

                TASK            SERVING    NEW          REPLAY  ACCURACY   FORGOT  UPDATE
                helpdesk        v4         180  510 in 25.2 kB  ████ 93.8     3.2  training 45 %
                urgency         v2           0   90 in 4.01 kB  ▇▇   91.7     0.0  promoted
                a-task-with-q…  –        1,200               –  –               –  failed

                UPDATE  TASK               NEW  REPLAYED        TOOK  STATUS    WHY
                u5      helpdesk           180       540      8.00 s  training
                u4      urgency             42       126      3.25 s  promoted  promoted: 91.7 …
                u3      a-task-with-qu…  1,200         0  1 min 15 s  failed    the loss explod…
                """)
    }

    @Test("The dashboard at 120 × 40 has room for the heatmap")
    func wide() throws {
        let frame = DashboardFrame(try Samples.snapshot()).text(columns: 120, rows: 40, color: false)
        #expect(
            frame == """
                perennial  http://127.0.0.1:8088  base all-MiniLM-L6-v2  up 2 h 05 min
                412 queries/s · median 1.90 ms · 9,812 examples/s · 312 MB memory · 1 updating

                TASK                           SERVING    NEW          REPLAY  ACCURACY   FORGOT  UPDATE
                helpdesk                       v4         180  510 in 25.2 kB  ████ 93.8     3.2  training 45 % ███▌░░░░
                urgency                        v2           0   90 in 4.01 kB  ▇▇   91.7     0.0  promoted
                a-task-with-quite-a-long-name  –        1,200               –  –               –  failed

                UPDATE  TASK                             NEW  REPLAYED        TOOK  STATUS    WHY
                u5      helpdesk                         180       540      8.00 s  training
                u4      urgency                           42       126      3.25 s  promoted  promoted: 91.7 % of 12 new held-out examp…
                u3      a-task-with-quite-a-long-name  1,200         0  1 min 15 s  failed    the loss exploded at step 12

                helpdesk: accuracy in percent on the held-out examples of each experience
                 version    1    2    3    4
                      v1  100    ·    ·    ·
                      v2   97   99    ·    ·
                      v3   94   96   98    ·
                      v4   91   93   95   97
                held out   57   64   71   78

                average accuracy    94.0  last row, mean over experiences
                forgetting           6.0  best ever minus last, mean over old ones
                backward transfer   -6.0  last minus when learned, mean over old ones
                forward transfer     6.2  before learning minus untrained, mean from 2nd on
                plasticity          98.5  when learned, mean over experiences
                minimum accuracy    93.0  min-ACC: lowest ever since, mean over old ones
                anytime accuracy    97.1  AAA: all seen so far, mean over versions
                """)
    }

    @Test("The heatmap of four versions")
    func heatmap() throws {
        let text = ForgettingHeatmap.text(try Samples.report(updates: 4), width: 80, color: false)
        #expect(
            text == """
                helpdesk: accuracy in percent on the held-out examples of each experience
                 version    1    2    3    4
                      v1  100    ·    ·    ·
                      v2   97   99    ·    ·
                      v3   94   96   98    ·
                      v4   91   93   95   97
                held out   57   64   71   78

                average accuracy    94.0  last row, mean over experiences
                forgetting           6.0  best ever minus last, mean over old ones
                backward transfer   -6.0  last minus when learned, mean over old ones
                forward transfer     6.2  before learning minus untrained, mean from 2nd on
                plasticity          98.5  when learned, mean over experiences
                minimum accuracy    93.0  min-ACC: lowest ever since, mean over old ones
                anytime accuracy    97.1  AAA: all seen so far, mean over versions

                """)
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

    @Test("Nothing is wider or longer than it may be", arguments: [(40, 10), (60, 3), (80, 24), (120, 40), (200, 80)])
    func bounds(columns: Int, rows: Int) throws {
        let frame = DashboardFrame(try Samples.snapshot()).text(columns: columns, rows: rows, color: false)
        let lines = frame.split(separator: "\n", omittingEmptySubsequences: false)
        #expect(lines.count <= rows)
        #expect(lines.allSatisfy { $0.count <= columns })
        for updates in [1, 7, 12, 100] {
            let heatmap = ForgettingHeatmap.text(try Samples.report(updates: updates), width: columns, color: false)
            #expect(heatmap.split(separator: "\n").allSatisfy { $0.count <= max(columns, 40) })
            #expect(heatmap.split(separator: "\n").count <= 52)
        }
    }

    @Test("Colour adds escape sequences and changes no character", arguments: [(80, 24), (120, 40)])
    func color(columns: Int, rows: Int) throws {
        let frame = DashboardFrame(try Samples.snapshot())
        let colored = frame.text(columns: columns, rows: rows, color: true)
        #expect(colored.contains("\u{1B}[32mpromoted"))
        #expect(withoutEscapes(colored) == frame.text(columns: columns, rows: rows, color: false))
        let report = try Samples.report(updates: 4)
        let heatmap = ForgettingHeatmap.text(report, width: columns, color: true)
        #expect(heatmap.contains("\u{1B}[48;5;185;38;5;16m  91\u{1B}[0m"))
        #expect(withoutEscapes(heatmap) == ForgettingHeatmap.text(report, width: columns, color: false))
    }

    @Test("A service without tasks says what to do; a task without versions what is missing")
    func empty() throws {
        let snapshot = DashboardSnapshot(service: .init(address: "http://[::1]:1", base: "tiny"))
        #expect(
            DashboardFrame(snapshot).text(columns: 80, rows: 24, color: false)
                == """
                perennial  http://[::1]:1  base tiny
                0 updating

                No task yet. Make one: perennial task create NAME
                """)
        let report = try Samples.report(updates: 0)
        #expect(
            ForgettingHeatmap.text(report, width: 80, color: false)
                == "helpdesk: no update has ended well yet, so there is nothing to compare.\n")
    }

    @Test("Where tasks are too many for the screen, their number is told")
    func manyTasks() throws {
        var snapshot = try Samples.snapshot()
        snapshot.tasks = (1...50).map { .init(name: "task-\($0)") }
        let lines = DashboardFrame(snapshot).text(columns: 80, rows: 12, color: false).split(separator: "\n")
        #expect(lines.last == "… and 43 more tasks")
    }

    private func withoutEscapes(_ text: String) -> String {
        text.replacing(/\u{1B}\[[0-9;]*m/, with: "")
    }
}
