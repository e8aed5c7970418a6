import Foundation
import Schema
import Store
import Testing

@Suite("Doctor")
struct DoctorTests {
    @Test("The home is written to: doctor says how much room there is, or that there is none")
    func room() async throws {
        let home = FileManager.default.temporaryDirectory.appending(path: "perennial-test-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: home) }
        let store = try Store(home: Home(root: home))
        _ = try await store.putTask(try TaskName("shop"))
        try store.close()
        let entries = try FileManager.default.contentsOfDirectory(atPath: home.path).sorted()

        let well = try await Program.run(["doctor", "--home", home.path])
        #expect(well.output.contains(/home +ok   .*, [0-9.]+ [kMGT]?B free/), "\(well.output)")

        // Files of 16 KiB and no more, as if there were no room: enough for what is printed.
        let limited = ["/bin/sh", "-c", "trap '' XFSZ; ulimit -f 32; exec \"$@\"", "sh"]
        let full = try await Program.run(["doctor", "--home", home.path], launcher: limited)
        #expect(full.status == 1)
        #expect(full.output.contains("FAIL cannot write a file of 64 KiB to \(home.path)"), "\(full.output)")
        #expect(try FileManager.default.contentsOfDirectory(atPath: home.path).sorted() == entries)
    }
}
