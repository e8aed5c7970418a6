import Dashboards
import Schema
import Testing

@Suite("Frames of the dashboard")
struct FrameTests {
    /// A frame after some keys, without the blanks at the end of its lines and without its last blank lines.
    private func frame(_ columns: Int, _ rows: Int, keys: String = "", color: Bool = false) throws -> String {
        let text = try drawn(columns, rows, keys: keys, color: color)
        #expect(text.split(separator: "\n", omittingEmptySubsequences: false).count == rows)
        return text.replacing(#/ +(?=\n|$)/#, with: "")
    }

    private func drawn(_ columns: Int, _ rows: Int, keys: String, color: Bool = false) throws -> String {
        let snapshot = try Samples.snapshot(task: true)
        var state = DashboardState()
        for key in KeyDecoding.keys(Array(keys.utf8)) {
            #expect(state.handle(key, snapshot, columns: columns, rows: rows) == nil)
        }
        return DashboardFrame(snapshot, state: state).text(columns: columns, rows: rows, color: color)
    }

    @Test("The overview at 80 × 24")
    func narrow() throws {
        #expect(
            try frame(80, 24, keys: "")
                == """
                \(Samples.header)

                  TASK        VER   NEW  REPLAY ACCURACY  LOST DRIFT        UPDATE STATE
                ▸ helpdesk    v4    180 25.2 kB ████ 93.8  6.2 drift labels   10 s training 45 %
                  a-task-wit… –   1,200       – –            – –               2 h 40 parked
                  urgency     v2      0 4.01 kB ▇▇   91.7  0.0 ok            1 min serving















                ↑↓ choose  enter open  / filter  ? help  q quit
                """)
    }

    @Test("The overview at 120 × 40")
    func wide() throws {
        #expect(
            try frame(120, 40, keys: "")
                == """
                perennial  http://127.0.0.1:8088  all-MiniLM-L6-v2  up 2 h 05 min
                412 requests/s · p50 1.90 ms · p99 8.40 ms · queue 3 · 12 updates today · replay 29.2 kB · memory 312 MB

                   TASK                    VER    NEW          REPLAY  ACCURACY   LOST  DRIFT             UPDATE  STATE
                ▸  helpdesk                v4     180  510 in 25.2 kB  ████ 93.8   6.2  drift labels 2 h    10 s  training 45 % ███▌░░░░
                   a-task-with-quite-a-l…  –    1,200               –  –             –  –                    2 h  40 parked
                   urgency                 v2       0   90 in 4.01 kB  ▇▇   91.7   0.0  ok                 1 min  serving
































                ↑↓ choose  enter open  / filter  ? help  q quit
                """)
    }

    @Test("A task at 80 × 24")
    func task() throws {
        #expect(
            try frame(80, 24, keys: "\r")
                == """
                \(Samples.header)

                helpdesk  [ 1 task ]  2 updates    3 adapters    4 replay

                v4 serves and answers 93.8 % of 228 held-out examples right, 94.0 % as the mean
                  over 4 experiences.
                Forgetting is 6.0 points: old experiences are answered worse than they once
                  were.
                Drift in labels since 2026-09-21 12:00: PSI 0.310 over 0.250. Other labels
                  arrive than the adapter was judged on; let it learn them.
                Done: an update was started (u5), training.
                Forgetting followed: what was learned before the drift is answered 91.0 % right
                  by v4, 100.0 % by v1.
                Last gate (experience 5): rejected: slice 2 fell 3.1 points, 95 % interval 1.2
                  to 5.0, of 412 examples

                DRIFT
                drift   labels         PSI 0.310 over 0.250  412 against 1,200
                        Since 2026-09-21 12:00. Other labels arrive than the adapter was judged
                        on; let it learn them.
                ↓ 33 more lines
                ↑↓ scroll  ←→ 1-4 views  r roll back  esc back  ? help  q quit
                """)
    }

    @Test("A task at 120 × 40")
    func taskWide() throws {
        #expect(
            try frame(120, 40, keys: "\r")
                == """
                perennial  http://127.0.0.1:8088  all-MiniLM-L6-v2  up 2 h 05 min
                412 requests/s · p50 1.90 ms · p99 8.40 ms · queue 3 · 12 updates today · replay 29.2 kB · memory 312 MB

                helpdesk  [ 1 task ]  2 updates    3 adapters    4 replay

                v4 serves and answers 93.8 % of 228 held-out examples right, 94.0 % as the mean over 4 experiences.
                Forgetting is 6.0 points: old experiences are answered worse than they once were.
                Drift in labels since 2026-09-21 12:00: PSI 0.310 over 0.250. Other labels arrive than the adapter was judged on; let it
                  learn them.
                Done: an update was started (u5), training.
                Forgetting followed: what was learned before the drift is answered 91.0 % right by v4, 100.0 % by v1.
                Last gate (experience 5): rejected: slice 2 fell 3.1 points, 95 % interval 1.2 to 5.0, of 412 examples

                DRIFT
                drift   labels         PSI 0.310 over 0.250  412 against 1,200
                        Since 2026-09-21 12:00. Other labels arrive than the adapter was judged on; let it learn them.
                ok      input          MMD 0.001, p 0.410  412 against 1,200
                too few accuracy       ADWIN –  12 against 30; 100 are needed
                2026-09-21 12:16 labels drifted: PSI 0.31; an update was started (u5)

                LEARNED, KEPT AND LOST
                \(Samples.heatmap)

                TIMELINE
                ↓ 10 more lines
                ↑↓ scroll  ←→ 1-4 views  r roll back  esc back  ? help  q quit
                """)
    }

    @Test("An update that runs")
    func update() throws {
        #expect(
            try frame(80, 24, keys: "\r2")
                == """
                \(Samples.header)

                helpdesk    1 task  [ 2 updates ]  3 adapters    4 replay

                u5  experience 5  training
                ███████████████████████████░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░ 45 %
                examples      180 new, 540 replayed
                time          8.00 s, about 9.78 s left
                speed         412 examples/s
                replay share  75 %
                step          40 of 90, epoch 1 of 2, attempt 1
                verdict       –

                loss
                2.40 █
                     █▁
                     ██▃
                     ████▅▃▂
                     █████████▇▆▅▅▄▄▄▃▃▃▂▂▂▂▁▁▁▁▁
                0.00 ████████████████████████████████████▇▇▇▇
                ↓ 5 more lines
                ↑↓ scroll  ←→ 1-4 views  r roll back  esc back  ? help  q quit
                """)
    }

    @Test("Versions")
    func versions() throws {
        #expect(
            try frame(80, 24, keys: "\r3")
                == """
                \(Samples.header)

                helpdesk    1 task    2 updates  [ 3 adapters ]  4 replay

                   VERSION  STATE     ACCURACY  HELD OUT  PARENT  MADE (UTC)        DIGEST
                ▸  v4       champion      93.8       228  v3      2026-09-21 13:40  sha256:4a4a…
                   v3       retired       96.0       171  v2      2026-09-21 13:06  sha256:3a3a…
                   v2       retired       98.5       114  v1      2026-09-21 12:33  sha256:2a2a…
                   v1       retired      100.0        57  –       2026-09-21 12:00  sha256:1a1a…












                ↑↓ choose  enter compare  p promote  r roll back  esc back  ? help  q quit
                """)
    }

    @Test("The replay memory")
    func replay() throws {
        #expect(
            try frame(80, 24, keys: "\r4")
                == """
                \(Samples.header)

                helpdesk    1 task    2 updates    3 adapters  [ 4 replay ]

                REPLAY MEMORY
                exemplars  60 of 480 offered
                bytes      4.17 kB of text in 1.02 kB (4.1 to one)

                LABEL   EXEMPLARS     TEXT  REHEARSED
                refund         26  1.81 kB       3.8×
                delay          17  1.17 kB       3.9×
                size           17  1.19 kB       3.8×

                age: exemplars by experience             rehearsed: exemplars learned again
                experience 1  █████████████████████ 15   never          ██████▋               7
                experience 2  █████████████████████ 15   1–2 times      █████████████▎       14
                experience 3  █████████████████████ 15   3–5 times      ████████████████████ 21
                experience 4  █████████████████████ 15   6–10 times     █████████████████▏   18
                                                         11–20 times                          0
                                                         over 20 times                        0

                ↑↓ scroll  ←→ 1-4 views  r roll back  esc back  ? help  q quit
                """)
    }

    @Test(
        "Without colour the same characters stand, whatever is shown",
        arguments: [(80, 24), (120, 40)], ["", "\r", "\r2", "\r3", "\r4", "?", "/help", "r", "\r3kjp"])
    func color(size: (columns: Int, rows: Int), keys: String) throws {
        let colored = try frame(size.columns, size.rows, keys: keys, color: true)
        #expect(colored.contains("\u{1B}["))
        let plain = try frame(size.columns, size.rows, keys: keys)
        #expect(!plain.contains("\u{1B}"))
        #expect(withoutEscapes(colored).replacing(#/ +(?=\n|$)/#, with: "") == plain)
    }

    @Test("Nothing is wider or longer than it may be", arguments: [(40, 10), (60, 3), (80, 24), (200, 80)])
    func bounds(columns: Int, rows: Int) throws {
        for keys in ["", "\r", "\r2", "\r3", "\r4", "?"] {
            let lines = try drawn(columns, rows, keys: keys).split(separator: "\n", omittingEmptySubsequences: false)
            #expect(lines.count <= rows)
            #expect(lines.allSatisfy { $0.count <= columns }, "\(keys)")
        }
    }

    @Test("Of a thousand tasks the selected one is always shown, and its place is told")
    func manyTasks() throws {
        var snapshot = try Samples.snapshot()
        snapshot.overview?.tasks = (1...1_000).map { TaskSummary(name: "task-\($0)") }
        var state = DashboardState()
        for _ in 0..<500 { _ = state.handle(.down, snapshot) }
        let text = DashboardFrame(snapshot, state: state).text(columns: 80, rows: 24, color: false)
        #expect(text.contains("▸ task-549 "))
        #expect(text.contains("task 501 of 1,000"))
        #expect(text.split(separator: "\n", omittingEmptySubsequences: false).count == 24)
    }

    @Test("Before the first answer and after a failure the frame says so")
    func failure() throws {
        var snapshot = DashboardSnapshot(address: "http://[::1]:1")
        #expect(DashboardFrame(snapshot).text(columns: 80, rows: 24, color: false).contains("reading …"))
        snapshot.failure = "no service answers"
        #expect(DashboardFrame(snapshot).text(columns: 80, rows: 24, color: false).contains("no service answers"))
        snapshot.overview = ServiceOverview()
        let text = DashboardFrame(snapshot).text(columns: 80, rows: 24, color: false)
        #expect(text.contains("not fresh: no service answers"))
        #expect(text.contains("perennial task create NAME"))
    }

    @Test("A text from outside cannot steer the terminal")
    func controlCharacters() throws {
        var snapshot = try Samples.snapshot(task: true)
        snapshot.report?.evaluation = EvaluationReport(
            version: "v4", answers: [.init(expected: "a\u{1B}[2J", predicted: "b\u{9B}31m", score: 1)])
        var state = DashboardState()
        _ = state.handle(.enter, snapshot)
        let text = DashboardFrame(snapshot, state: state).text(columns: 120, rows: 100, color: false)
        #expect(text.contains("a [2J"))
        #expect(!text.contains("\u{1B}") && !text.contains("\u{9B}"))
    }

    private func withoutEscapes(_ text: String) -> String {
        text.replacing(/\u{1B}\[[0-9;]*m/, with: "")
    }
}
