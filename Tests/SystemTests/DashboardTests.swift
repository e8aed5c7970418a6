import Adapters
import Foundation
import Schema
import Store
import Testing

@Suite("The dashboard in a pseudo-terminal")
struct DashboardTests {
    private static let givenBack = "\u{1B}[?25h\u{1B}[?1049l"

    /// The dashboard over a home with two tasks; `helpdesk` has the versions v1 and v2, of which v2 serves.
    private func withTerminal(
        _ arguments: [String] = [], _ body: (PseudoTerminal, Store) async throws -> Void
    ) async throws {
        let home = FileManager.default.temporaryDirectory.appending(path: "perennial-screen-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: home) }
        let store = try Store(home: Home(root: home))
        let helpdesk = try TaskName("helpdesk")
        _ = try await store.putTask(helpdesk)
        for version in ["v1", "v2"] {
            // Files of no meaning, under their digest: what is promoted must be what it was.
            let files = Dictionary(uniqueKeysWithValues: AdapterFiles.names.map { ($0, Data(version.utf8)) })
            let digest = ContentDigest(ofFiles: files).description
            let folder = store.home.adapter(digest)
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            for (name, content) in files { try content.write(to: folder.appending(path: name)) }
            _ = try await store.importVersion(helpdesk, digest: digest, metrics: .init(accuracy: 0.9, examples: 100))
            _ = try await store.promote(helpdesk, .version(version))
        }
        _ = try await store.putTask(try TaskName("urgency"))
        let terminal = try PseudoTerminal(
            ["dashboard", "--home", home.path, "--interval", "0.2"] + arguments, columns: 80, rows: 24)
        // The other screen is taken, and the tasks stand on it.
        try await terminal.expect("\u{1B}[?1049h")
        try await terminal.expect("▸ ")
        #expect(!terminal.isPlain)
        try await body(terminal, store)
        try store.close()
    }

    private func quit(_ terminal: PseudoTerminal) async throws {
        terminal.type("q")
        #expect(try await terminal.waitForEnd() == 0)
        #expect(terminal.output.contains(Self.givenBack))
        #expect(terminal.isPlain)
    }

    @Test("keys lead through the views; quitting gives the terminal back")
    func keys() async throws {
        try await withTerminal { terminal, store in
            terminal.type("/urg\r")
            try await terminal.expect("filter: urg (esc clears)")
            terminal.type("\r")
            try await terminal.expect("No adapter yet")
            terminal.type("2")
            try await terminal.expect("[ 2 updates ]")
            terminal.type("\u{1B}[C")
            try await terminal.expect("[ 3 adapters ]")
            terminal.type("\u{1B}OD")
            try await terminal.expect("[ 2 updates ]")
            terminal.type("4")
            try await terminal.expect("[ 4 replay ]")
            terminal.type("?")
            try await terminal.expect("this help; any key ends it")
            terminal.type(" ")
            try await terminal.expect("[ 4 replay ]")
            terminal.type("\u{1B}")
            try await terminal.expect("enter open")
            // What another process does is shown without a key.
            _ = try await store.putTask(try TaskName("urgent-too"))
            try await terminal.expect("urgent-too")
            try await quit(terminal)
        }
    }

    @Test("promoting and rolling back ask first, and then do it")
    func questions() async throws {
        try await withTerminal { terminal, store in
            let helpdesk = try TaskName("helpdesk")
            terminal.type("/help\r")
            try await terminal.expect("filter: help (esc clears)")
            terminal.type("\r")
            try await terminal.expect("v2 serves")
            terminal.type("3")
            try await terminal.expect("p promote")
            terminal.type("j")
            try await terminal.expect("▸  v1")
            terminal.type("p")
            try await terminal.expect("Promote v1 of helpdesk? y/N")
            terminal.type("n")
            try await terminal.expect("nothing was changed")
            #expect(try await store.champion(helpdesk)?.version.version == "v2")
            terminal.type("p")
            try await terminal.expect("Promote v1 of helpdesk? y/N")
            terminal.type("y")
            try await terminal.expect("helpdesk is answered by v1 now")
            #expect(try await store.champion(helpdesk)?.version.version == "v1")
            terminal.type("r")
            try await terminal.expect("Roll helpdesk back to the version before? y/N")
            terminal.type("y")
            try await terminal.expect("helpdesk is answered by v2 again")
            #expect(try await store.champion(helpdesk)?.version.version == "v2")
            try await quit(terminal)
        }
    }

    @Test("a rollback that cannot be is said, and nothing ends")
    func impossible() async throws {
        try await withTerminal { terminal, _ in
            terminal.type("/urg\r")
            try await terminal.expect("filter: urg (esc clears)")
            terminal.type("r")
            try await terminal.expect("Roll urgency back to the version before? y/N")
            terminal.type("y")
            try await terminal.expect("has no earlier version to go back to")
            try await quit(terminal)
        }
    }

    @Test("read-only, nothing is asked and nothing is done")
    func readOnly() async throws {
        try await withTerminal(["--readonly"]) { terminal, store in
            terminal.type("r")
            try await terminal.expect("this dashboard is read-only")
            terminal.type("y")
            try await terminal.expect("enter open")
            #expect(try await store.champion(try TaskName("helpdesk"))?.version.version == "v2")
            try await quit(terminal)
        }
    }

    @Test("a new size is drawn for, smaller and larger")
    func resize() async throws {
        try await withTerminal { terminal, _ in
            terminal.resize(columns: 120, rows: 40)
            // Two columns of space stand between columns where there is room.
            try await terminal.expect("▸  ")
            terminal.resize(columns: 30, rows: 8)
            try await terminal.expect("↑↓ choose  ? help  q quit")
            try await quit(terminal)
        }
    }

    @Test(
        "the terminal is given back whatever ends the process, a crash included",
        arguments: [SIGTERM, SIGHUP, SIGINT, SIGSEGV, SIGABRT, SIGILL])
    func signals(number: Int32) async throws {
        try await withTerminal { terminal, _ in
            kill(terminal.pid, number)
            let status = try await terminal.waitForEnd()
            #expect(status & 0x7F == number)
            #expect(terminal.output.contains(Self.givenBack))
            #expect(terminal.isPlain)
        }
    }
}
