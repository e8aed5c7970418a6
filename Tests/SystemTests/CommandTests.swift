import Foundation
import Schema
import Store
import Testing

/// What commands refuse: the message names what is wrong, and the exit code says of what kind it is.
@Suite("Commands that are refused")
struct CommandTests {
    private func withDirectory(_ body: (URL) async throws -> Void) async throws {
        let directory = FileManager.default.temporaryDirectory.appending(path: "perennial-test-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: directory) }
        try await body(directory)
    }

    static let configurations: [(yaml: String, message: String)] = [
        ("server: {port: 99999}", "server.port must be 0 (the system chooses) to 65535, not 99999"),
        ("limits: {ingest_bytes: 0}", "limits.ingest_bytes must be 1 to 2147483648, not 0"),
        ("limits: {queue: -1}", "limits.queue must be 0 to 1000000, not -1"),
        ("limits: {queue: 1.5}", "limits.queue must be a whole number, not 1.5"),
        ("limits: {inputs_per_request: 0}", "limits.inputs_per_request must be 1 to 65536, not 0"),
        ("inbox: {settle_seconds: -1}", "inbox.settle_seconds must be 0 to 86400, not -1.0"),
        ("inbox: {settle_seconds: .inf}", "inbox.settle_seconds must be a finite number, not inf"),
        ("adapters: {keep: 0}", "adapters.keep must be 1 to 1000000, not 0"),
        ("feedback: {keep_seconds: -5}", "feedback.keep_seconds must be 0 to 31536000, not -5.0"),
        ("feedback: {keep_seconds: 1e30}", "feedback.keep_seconds must be 0 to 31536000, not 1e+30"),
        ("feedback: {keep_bytes: -1}", "feedback.keep_bytes must be 0 to 1099511627776, not -1"),
        ("precision: {serving: float64}", "precision.serving: \"float64\" is no precision; known: float32"),
    ]

    @Test(
        "A configuration out of range is refused, and the message names key, value and range",
        arguments: configurations)
    func configuration(yaml: String, message: String) async throws {
        try await withDirectory { directory in
            let file = directory.appending(path: "service.yaml")
            try Data(yaml.utf8).write(to: file)
            let result = try await Program.run(["task", "list", "--home", directory.path, "--config", file.path])
            #expect(result.status == 78)
            #expect(result.errors.contains(file.path) && result.errors.contains(message), "\(result.errors)")
        }
    }

    @Test("The smallest configuration there may be is taken")
    func smallestConfiguration() async throws {
        try await withDirectory { directory in
            let file = directory.appending(path: "service.yaml")
            let yaml = """
                server: {port: 0}
                limits: {ingest_bytes: 1, queue: 0, inputs_per_request: 1}
                inbox: {settle_seconds: 0}
                adapters: {keep: 1}
                feedback: {keep_seconds: 0, keep_bytes: 0}
                """
            try Data(yaml.utf8).write(to: file)
            let result = try await Program.run(["task", "list", "--home", directory.path, "--config", file.path])
            #expect(result.status == 0, "\(result.errors)")
        }
    }

    @Test("A port that there is not is wrong usage", arguments: ["99999", "65536", "-1"])
    func port(number: String) async throws {
        try await withDirectory { directory in
            let result = try await Program.run(["serve", "--port=\(number)", "--home", directory.path, "--no-worker"])
            #expect(result.status == 64 && result.errors.contains("0 to 65535"), "\(result.errors)")
        }
    }

    @Test(
        "A home that cannot be written is named, and can still be read",
        .enabled("root's own rights can be taken away") {
            (try? await Program.run(["--version"], launcher: Program.unprivileged))?.status == 0
        })
    func unwritable() async throws {
        try await withDirectory { directory in
            let home = directory.appending(path: "home")
            let store = try Store(home: Home(root: home))
            _ = try await store.putTask(try TaskName("shop"))
            try store.close()
            let files = FileManager.default
            let places = [home.path] + (files.subpaths(atPath: home.path) ?? []).map { home.appending(path: $0).path }
            for place in places { try files.setAttributes([.posixPermissions: 0o500], ofItemAtPath: place) }
            defer {
                for place in places { try? files.setAttributes([.posixPermissions: 0o700], ofItemAtPath: place) }
            }
            let example = Data(#"{"text": "where is my parcel", "label": "parcel"}"#.utf8)
            for arguments in [["task", "create", "mail"], ["ingest", "-", "--task", "shop"]] {
                let result = try await Program.run(
                    arguments + ["--home", home.path], launcher: Program.unprivileged, input: example)
                #expect(result.status == 73)
                #expect(
                    result.errors.hasPrefix("perennial: \(home.path): the home directory cannot be written"),
                    "\(result.errors)")
            }
            let list = try await Program.run(["task", "list", "--home", home.path], launcher: Program.unprivileged)
            #expect(list.status == 0 && list.output.hasPrefix("shop"), "\(list.errors)")
            let doctor = try await Program.run(["doctor", "--home", home.path], launcher: Program.unprivileged)
            #expect(doctor.status == 1)
            #expect(doctor.output.contains("home         FAIL cannot write \(home.path)"), "\(doctor.output)")
        }
    }

    @Test("A dashboard of a service that does not answer says so as other commands do")
    func unreachable() async throws {
        let result = try await Program.run(["dashboard", "--once", "--url", "http://127.0.0.1:1"])
        #expect(result.status == 69 && result.errors.contains("no service answers"), "\(result.errors)")
    }

    @Test("A task that does not exist is said on a dashboard of one frame and in its JSON")
    func unknownDashboard() async throws {
        try await withDirectory { directory in
            let home = ["--home", directory.path]
            try await Program.runWell(["task", "create", "shop"] + home)
            for form in ["--json", "--once"] {
                let result = try await Program.run(["dashboard", "nope", form] + home)
                #expect(result.status == 1 && result.output.isEmpty)
                #expect(result.errors.contains("task \"nope\" does not exist"), "\(result.errors)")
                try await Program.runWell(["dashboard", "shop", form] + home)
            }
        }
    }

    @Test("A terminal whose cursor cannot be moved gets no live dashboard")
    func dumbTerminal() async throws {
        let terminal = try PseudoTerminal(["dashboard"], columns: 80, rows: 24, kind: "dumb")
        try await terminal.expect("needs a terminal; use --once or --json")
        #expect(try await terminal.waitForEnd() == 64 << 8)
    }

    @Test("Of several files that are taken in, a fault names its own; a directory is none")
    func files() async throws {
        try await withDirectory { directory in
            let home = ["--task", "shop", "--home", directory.appending(path: "home").path]
            try await Program.runWell(["task", "create", "shop"] + home.suffix(2))
            let (good, bad) = (directory.appending(path: "good.jsonl").path, directory.appending(path: "bad.txt").path)
            try Data(#"{"text": "hello", "label": "a"}"#.utf8).write(to: URL(filePath: good))
            try Data("nonsense\n".utf8).write(to: URL(filePath: bad))
            let text = try await Program.run(["ingest", good, bad] + home)
            #expect(text.status == 65 && text.errors.contains("\(bad), line 1: not valid JSON"), "\(text.errors)")
            let json = try await Program.run(["ingest", good, bad, "--json"] + home)
            let report = try JSONDecoder().decode(IngestReport.self, from: Data(json.output.utf8))
            #expect(report.errors.map(\.file) == [bad])
            let alone = try await Program.run(["ingest", bad, "--json"] + home)
            #expect(!alone.output.contains("\"file\""))

            let folder = try await Program.run(["ingest", directory.path] + home)
            #expect(folder.status == 65)
            #expect(folder.errors.contains("\(directory.path) is a directory"), "\(folder.errors)")
        }
    }

    @Test("Rejections that are not listed are counted, over several files and in JSON too")
    func omitted() async throws {
        try await withDirectory { directory in
            let home = ["--task", "shop", "--home", directory.appending(path: "home").path]
            try await Program.runWell(["task", "create", "shop"] + home.suffix(2))
            let files = ["a.jsonl", "b.jsonl"].map { directory.appending(path: $0) }
            for file in files { try Data(String(repeating: "nonsense\n", count: 80).utf8).write(to: file) }
            let result = try await Program.run(["ingest", "--json"] + files.map(\.path) + home)
            let fields = try JSONSerialization.jsonObject(with: Data(result.output.utf8)) as? [String: Any]
            #expect(fields?["rejected"] as? Int == 160 && fields?["errors_omitted"] as? Int == 60, "\(result)")
        }
    }

    @Test("Labels are taken together, however they are given")
    func labels() async throws {
        try await withDirectory { directory in
            let home = ["--home", directory.path]
            try await Program.runWell(["task", "create", "shop", "--labels", "a, b", "--labels", "c"] + home)
            let result = try await Program.run(["task", "show", "shop"] + home)
            #expect(result.output.contains("labels      a, b, c\n"), "\(result)")
        }
    }

    @Test("A pull from a host that refuses connections says so at once, and ends soon", .timeLimit(.minutes(1)))
    func refusedPull() async throws {
        try await withDirectory { directory in
            let environment = ["PIP_INDEX_URL": "http://127.0.0.1:1/simple", "no_proxy": "*"]
            // Each with a home of its own: of two that pull into one the second is told of the first.
            func arguments(_ home: String) -> [String] {
                ["model", "pull", "--home", directory.appending(path: home).path]
            }
            async let silent = Program.run(arguments("a") + ["--quiet"], environment: environment)
            let result = try await Program.run(arguments("b"), environment: environment)
            #expect(result.status == 69, "\(result)")
            #expect(result.errors.contains("refused the connection; trying again in 0.5 s (2 of 5)\n"), "\(result)")
            #expect(result.errors.contains("could not be reached (it refused the connection)"), "\(result)")
            let quiet = try await silent
            #expect(quiet.status == 69 && !quiet.errors.contains("trying again"), "\(quiet)")
        }
    }

    @Test("A task that does not exist is said, where there is nothing to take in too")
    func unknownTask() async throws {
        try await withDirectory { directory in
            let arguments = ["ingest", "-", "--task", "none", "--home", directory.path]
            let result = try await Program.run(arguments, input: Data())
            #expect(result.status == 1 && result.errors.contains("task \"none\" does not exist"), "\(result.errors)")
            try await Program.runWell(["task", "create", "none", "--home", directory.path])
            let empty = try await Program.run(arguments, input: Data())
            #expect(empty.status == 0 && empty.output.hasPrefix("0 accepted"), "\(empty.errors)")
        }
    }

    @Test("A length that leaves no room for the special tokens is wrong usage", arguments: ["tokenize", "embed"])
    func maximumLength(command: String) async throws {
        let result = try await Program.run([command, "--max-length", "1"], input: Data())
        #expect(result.status == 64 && result.errors.contains("--max-length must be at least 2"), "\(result.errors)")
    }

    @Test("A line that is not UTF-8 is named, not guessed at", .enabled(if: SystemTest.hasModel))
    func encoding() async throws {
        try await withDirectory { directory in
            let home = ["--home", directory.path]
            let wrong = Data([0x61, 0x0A, 0x0A, 0xFF, 0x0A])
            let result = try await Program.run(["predict", "shop"] + home, input: wrong)
            #expect(result.status == 65 && result.errors.contains("line 3 is not valid UTF-8"), "\(result.errors)")
            let lines = Data("{\"text\": \"\u{FFFD}\"}\r\n{\"text\": \"end\"}".utf8)
            let good = try await Program.run(["tokenize"] + home, input: lines)
            #expect(good.status == 0 && good.output.split(separator: "\n").count == 2, "\(good.errors)")
        }
    }

    @Test("Models are listed and verified wherever they are looked for; one by its path is not to be fetched")
    func models() async throws {
        try await withDirectory { directory in
            let model = directory.appending(path: "shared/mine")
            try FileManager.default.createDirectory(at: model, withIntermediateDirectories: true)
            let home = ["--home", directory.appending(path: "home").path]
            let environment = ["PERENNIAL_MODELS": directory.appending(path: "shared").path]
            let missing = try await Program.run(["tokenize", "--model", model.path] + home, input: Data())
            #expect(missing.status == 78 && missing.errors.contains("has no config.json"), "\(missing.errors)")
            #expect(!missing.errors.contains("model pull"))

            try Data("{}".utf8).write(to: model.appending(path: "config.json"))
            let list = try await Program.run(["model", "list"] + home, environment: environment)
            #expect(list.output.split(separator: "\n").contains { $0.hasPrefix("mine\t") }, "\(list.output)")
            let json = try await Program.run(["model", "list", "--json"] + home, environment: environment)
            #expect(json.output.contains("\"directory\" : \"\(model.path)\""), "\(json.output)")
            let verified = try await Program.run(["model", "verify", "mine"] + home, environment: environment)
            #expect(verified.status == 1)
            #expect(verified.errors.contains("has no perennial-model.json"), "\(verified.errors)")
        }
    }

    @Test("A test file with a label that is not trained is refused before training", .enabled(if: SystemTest.hasModel))
    func testLabels() async throws {
        try await withDirectory { directory in
            let (data, test) = (directory.appending(path: "data.jsonl"), directory.appending(path: "test.jsonl"))
            try Data(SystemTest.examples(0..<40).utf8).write(to: data)
            try Data(#"{"text": "hello", "label": "other"}"#.utf8).write(to: test)
            let result = try await Program.run(["bench", "train", "--data", data.path, "--test", test.path])
            #expect(result.status == 65 && result.errors.contains("label \"other\""), "\(result.errors)")
            #expect(!result.errors.contains("examples/s"), "\(result.errors)")
        }
    }
}
