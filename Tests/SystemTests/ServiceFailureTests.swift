import Foundation
import Schema
import Testing

/// What commands with `--url` say when the service fails them.
@Suite("Services that fail")
struct ServiceFailureTests {
    @Test("One that takes connections and never answers is given up, and named")
    func silence() async throws {
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(listener) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(INADDR_LOOPBACK).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isListening = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(listener, $0, length) == 0 && listen(listener, 8) == 0 && getsockname(listener, $0, &length) == 0
            }
        }
        try #require(isListening)
        let url = "http://127.0.0.1:\(UInt16(bigEndian: address.sin_port))"
        let start = ContinuousClock.now
        let result = try await Program.run(["task", "list", "--url", url])
        #expect(result.status == 69 && result.errors.contains("\(url) takes connections"), "\(result.errors)")
        #expect(ContinuousClock.now - start >= .seconds(29))
    }

    @Test(
        "A stream that is interrupted says what was acknowledged, and that sending it again is safe",
        .enabled(if: SystemTest.hasModel))
    func interruption() async throws {
        let home = try SystemTest.temporaryHome()
        defer { try? FileManager.default.removeItem(at: home) }
        let service = try await ServiceProcess.start(home: home, arguments: ["--no-worker"])
        let task = service.url + "/v1/tasks/shop"
        try await SystemTest.put(task, #"{"kind": "classify", "update": {"min_examples": 1000000}}"#)

        // Opened for both directions: that waits for nobody. And here alone: it is to end when it is closed here.
        let pipe = home.appending(path: "input")
        try #require(mkfifo(pipe.path, 0o600) == 0)
        let descriptor = open(pipe.path, O_RDWR | O_CLOEXEC)
        try #require(descriptor >= 0)
        let input = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
        let (output, errors) = (home.appending(path: "output"), home.appending(path: "errors"))
        let pid = try Program.spawn(
            ["ingest", "-", "--task", "shop", "--json", "--url", service.url], input: pipe,
            files: (output: output, errors: errors))
        // Lines of 1 KiB, thrice what is sent at once: when more than that is stored, the first part was acknowledged.
        let padding = String(repeating: "x", count: 960)
        let lines = (0..<3_000).map { #"{"text": "message \#($0) \#(padding)", "label": "parcel"}"# + "\n" }
        try input.write(contentsOf: Data(lines.joined().utf8))
        try await SystemTest.poll("the second part") {
            let answer = try await HTTP.send("GET", task)
            let pending = try JSONDecoder().decode(Answer.self, from: answer.body).pending
            return pending.training + pending.heldOut > 1_200 ? () : nil
        }
        service.killGroup()
        try input.close()

        let status = try await Program.waitForEnd(of: pid)
        #expect(status >> 8 == 69)
        let report = try JSONDecoder().decode(IngestReport.self, from: Data(contentsOf: output))
        #expect(report.accepted > 0)
        let words = try String(contentsOf: errors, encoding: .utf8)
        #expect(words.contains("until then \(report.accepted) accepted, 0 duplicates, 0 rejected"), "\(words)")
        #expect(words.contains("sending everything again is safe"), "\(words)")
    }

    private struct Answer: Decodable {
        struct Pending: Decodable {
            var training: Int
            var heldOut: Int
            enum CodingKeys: String, CodingKey {
                case training
                case heldOut = "held_out"
            }
        }
        var pending: Pending
    }
}
