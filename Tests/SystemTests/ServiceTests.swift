import Foundation
import Schema
import Store
import Testing

/// The real program with the real base model, which `ops/test` fetches first.
@Suite("Service", .enabled(if: SystemTest.hasModel), .serialized)
struct ServiceTests {
    @Test("A hundred promotions and rollbacks under eight clients: no request fails, each answer is its version's own")
    func swaps() async throws {
        let home = try SystemTest.temporaryHome()
        defer { try? FileManager.default.removeItem(at: home) }
        let service = try await ServiceProcess.start(home: home)
        defer { service.killGroup() }
        let task = service.url + "/v1/tasks/shop"
        try await SystemTest.put(task, #"{"kind": "classify", "update": {"min_examples": 1000000, "recipe": "quick"}}"#)
        for round in 0..<2 {
            try await SystemTest.post(task + "/examples", SystemTest.examples(round * 100..<round * 100 + 60))
            try await SystemTest.learn(task)
        }
        _ = try await SystemTest.poll("v2 to answer") {
            try await SystemTest.answer(task, "a question").version == "v2" ? true : nil
        }
        // What each version answers when nothing else runs.
        let texts = (0..<8).map { "a question about my \(SystemTest.labels[$0 % 4]), number \($0)" }
        var alone: [String: [String]] = [:]
        for version in ["v1", "v2"] {
            for text in texts {
                alone[version, default: []].append(try await SystemTest.answer(task, text, adapter: version).answer)
            }
        }
        #expect(alone["v1"] != alone["v2"])

        let expected = alone
        try await withThrowingTaskGroup(of: Int.self) { group in
            let done = SystemTest.Flag()
            for client in 0..<8 {
                group.addTask {
                    var answered = 0
                    while !done.isSet {
                        let given = try await SystemTest.answer(task, texts[client])
                        #expect(given.answer == expected[given.version]?[client])
                        answered += 1
                    }
                    return answered
                }
            }
            for _ in 0..<50 {
                try await SystemTest.post(task + "/adapters/v1/promote", "")
                try await SystemTest.post(task + "/rollback", "")
            }
            done.set()
            for try await answered in group { #expect(answered > 0) }
        }
    }

    @Test("A second service on a home is refused at once, and the first goes on as it is")
    func alone() async throws {
        let home = try SystemTest.temporaryHome()
        defer { try? FileManager.default.removeItem(at: home) }
        var service = try await ServiceProcess.start(home: home, arguments: ["--no-worker"])
        defer { service.killGroup() }
        let record = try Data(contentsOf: home.appending(path: "service.json"))
        let second = try await Program.run(["serve", "--home", home.path, "--port", "0"])
        #expect(second.status == 1)
        #expect(second.errors.contains("another service runs on \(home.standardizedFileURL.path)"), "\(second.errors)")
        #expect(second.errors.contains("at \(service.url), process \(service.pid)"), "\(second.errors)")
        #expect(try Data(contentsOf: home.appending(path: "service.json")) == record)
        #expect(try await HTTP.send("GET", service.url + "/readyz").status == 200)
        // The lock goes with the process, however that ends.
        service.killGroup()
        service = try await ServiceProcess.start(home: home, arguments: ["--no-worker"])
        #expect(try await HTTP.send("GET", service.url + "/readyz").status == 200)
    }

    @Test("Files dropped into the inbox are taken, and moved with a report")
    func inbox() async throws {
        let home = try SystemTest.temporaryHome()
        defer { try? FileManager.default.removeItem(at: home) }
        let service = try await ServiceProcess.start(home: home, arguments: ["--no-worker"])
        defer { service.killGroup() }
        try await SystemTest.put(service.url + "/v1/tasks/shop", #"{"kind": "classify"}"#)
        let inbox = home.appending(path: "inbox/shop")
        try FileManager.default.createDirectory(at: inbox, withIntermediateDirectories: true)
        try Data((SystemTest.examples(0..<5) + "not json\n").utf8).write(to: inbox.appending(path: "good.jsonl"))
        try Data("text,label\nhello,refund\n".utf8).write(to: inbox.appending(path: "more.csv"))
        try Data("nothing,useful\n1,2\n".utf8).write(to: inbox.appending(path: "bad.csv"))

        let good = try await SystemTest.report(inbox.appending(path: "done/good.jsonl.report.json"))
        #expect(good.ingest.accepted == 5)
        #expect(good.ingest.errors.map(\.line) == [6])
        let more = try await SystemTest.report(inbox.appending(path: "done/more.csv.report.json"))
        #expect(more.ingest.accepted == 1)
        let bad = try await SystemTest.report(inbox.appending(path: "rejected/bad.csv.report.json"))
        #expect(bad.ingest.accepted == 0)
        #expect(bad.ingest.errors.first?.message.contains("text") == true)

        let metrics = try await HTTP.send("GET", service.url + "/metrics", type: "text/plain", body: Data())
        #expect(
            String(decoding: metrics.body, as: UTF8.self).contains(
                #"perennial_examples_total{task="shop",outcome="accepted"} 6"#))
    }

    @Test("Wrong labels among good ones are set aside before they are learned, and wait again once released")
    func quarantine() async throws {
        let home = try SystemTest.temporaryHome()
        defer { try? FileManager.default.removeItem(at: home) }
        let recipes = home.appending(path: "recipes")
        let quick = try String(contentsOf: recipes.appending(path: "quick.yaml"), encoding: .utf8)
        try Data((quick + "\nquarantine: {false_alarms: 0.05}\n").utf8)
            .write(to: recipes.appending(path: "careful.yaml"))
        let service = try await ServiceProcess.start(home: home)
        defer { service.killGroup() }
        let task = service.url + "/v1/tasks/shop"
        try await SystemTest.put(
            task,
            #"{"kind": "classify", "update": {"min_examples": 1000000, "holdout": 0.3, "recipe": "careful"}}"#)
        try await SystemTest.post(task + "/examples", SystemTest.examples(0..<160))
        try await SystemTest.learn(task)
        let wrong = (400..<405).map { number in
            SystemTest.example(number).replacing("\"label\": \"", with: "\"source\": \"crowd\", \"label\": \"")
                .replacing("\"}", with: "\"}\n")
        }
        let moved = zip(wrong, SystemTest.labels.dropFirst() + SystemTest.labels).map { line, label in
            line.replacing(/"label": "[a-z]+"/, with: "\"label\": \"\(label)\"")
        }
        try await SystemTest.post(task + "/examples", SystemTest.examples(200..<240) + moved.joined())
        let id = try await SystemTest.requestUpdate(task)
        let update = try await SystemTest.wait(service.url, id) { $0.status.isFinal }
        #expect(update.examples.quarantined == 5)
        struct List: Decodable { var data: [QuarantinedExample] }
        let list = try await HTTP.send("GET", task + "/quarantine")
        let doubted = try JSONDecoder().decode(List.self, from: list.body).data
        #expect(doubted.map(\.source) == Array(repeating: "crowd", count: 5))
        #expect(doubted.allSatisfy { $0.text.hasSuffix($0.suspicion.suggested) && $0.update == id })

        let answer = try await HTTP.send(
            "POST", task + "/quarantine/release", body: Data(#"{"all": true}"#.utf8))
        #expect(String(decoding: answer.body, as: UTF8.self).contains("5"))
        let store = try Store(home: Home(root: home))
        let pending = try await store.pending(try TaskName("shop"))
        try store.close()
        #expect(pending.training + pending.heldOut >= 5 && pending.quarantined == 0)
    }

    @Test("Tasks that share an adapter are updated, served and rolled back together, each by its own head")
    func sharing() async throws {
        let home = try SystemTest.temporaryHome()
        defer { try? FileManager.default.removeItem(at: home) }
        let service = try await ServiceProcess.start(home: home)
        defer { service.killGroup() }
        let (shop, mail) = (service.url + "/v1/tasks/shop", service.url + "/v1/tasks/mail")
        let body =
            #"{"kind": "classify", "adapter": "desk", "update": {"min_examples": 1000000, "recipe": "quick"}}"#
        for task in [shop, mail] { try await SystemTest.put(task, body) }
        try await SystemTest.post(shop + "/examples", SystemTest.examples(0..<80))
        let moods = (0..<60).map { number in
            number % 2 == 0
                ? #"{"text": "thank you, number \#(number) was great", "label": "pleased"}"#
                : #"{"text": "number \#(number) is broken again", "label": "angry"}"#
        }
        try await SystemTest.post(mail + "/examples", moods.joined(separator: "\n"))
        try await SystemTest.learn(shop)
        try await SystemTest.post(shop + "/examples", SystemTest.examples(200..<260))
        try await SystemTest.learn(shop)

        struct List: Decodable { var data: [Update] }
        let updates = try JSONDecoder().decode(List.self, from: try await HTTP.send("GET", mail + "/updates").body)
        #expect(updates.data.map(\.trigger) == [.shared, .shared])
        #expect(updates.data.map(\.status) == [.promoted, .promoted])
        #expect(updates.data.first?.examples.new == 0)
        let report = try JSONDecoder().decode(
            ForgettingReport.self, from: try await HTTP.send("GET", mail + "/forgetting").body)
        #expect(report.versions == ["v1", "v2"])
        // What the other task's update did to this one's examples.
        #expect(report.accuracy[1][0] != nil && report.accuracy[1][1] == nil)

        let store = try Store(home: Home(root: home))
        var files: [String: [Data]] = [:]
        for served in try await store.served() {
            let directory = store.home.adapter(try #require(served.champion).digest)
            for name in ["adapter_config.json", "adapter_model.safetensors", "head.safetensors"] {
                files[name, default: []].append(try Data(contentsOf: directory.appending(path: name)))
            }
        }
        try store.close()
        #expect(files["adapter_config.json"].map { $0[0] == $0[1] } == true)
        #expect(files["adapter_model.safetensors"].map { $0[0] == $0[1] } == true)
        #expect(files["head.safetensors"].map { $0[0] == $0[1] } == false)

        let question = "number 7 is broken again"
        // The service takes up what the trainer promoted within a moment.
        let before = try await SystemTest.poll("v2 to answer") {
            let given = try await SystemTest.answer(mail, question)
            return given.version == "v2" ? given : nil
        }
        #expect(before.answer.hasPrefix("angry"))
        try await SystemTest.post(shop + "/rollback", "")
        #expect(try await SystemTest.answer(mail, question).version == "v1")
        #expect(try await SystemTest.answer(shop, "a question about my refund").version == "v1")
    }

    @Test("A task that asks for it begins as the task whose texts are most like its own")
    func similarStart() async throws {
        let home = try SystemTest.temporaryHome()
        defer { try? FileManager.default.removeItem(at: home) }
        let service = try await ServiceProcess.start(home: home)
        defer { service.killGroup() }
        func learn(_ name: String, _ examples: String, start: String) async throws -> AdapterDetail {
            let task = service.url + "/v1/tasks/" + name
            try await SystemTest.put(
                task,
                #"{"kind": "classify", "update": {"min_examples": 1000000, "recipe": "quick", "start": "\#(start)"}}"#)
            try await SystemTest.post(task + "/examples", examples)
            try await SystemTest.learn(task)
            return try JSONDecoder().decode(
                AdapterDetail.self, from: try await HTTP.send("GET", task + "/adapters/champion").body)
        }
        let stars = (0..<40).map { number in
            #"{"text": "\#(number) planets circle a \#(number % 2 == 0 ? "red" : "blue") star", "label": "l\#(number % 2)"}"#
        }
        let first = try await learn("shop", SystemTest.examples(0..<60), start: "fresh")
        #expect(first.lineage.parent == nil)
        let other = try await learn("sky", stars.joined(separator: "\n"), start: "fresh")
        let like = try await learn("desk", SystemTest.examples(100..<160), start: "similar")
        #expect(like.lineage.parent == first.version.digest)
        #expect(other.version.digest != first.version.digest)

        let report = try JSONDecoder().decode(
            SimilarityReport.self, from: try await HTTP.send("GET", service.url + "/v1/similarity").body)
        let pair = try #require(report.pairs(with: try TaskName("desk")).first)
        #expect(pair.second.rawValue == "shop" && (pair.similarity ?? 0) > 0.8)
    }

    @Test("SIGTERM during training ends service and trainer with 0 in under five seconds, and the update goes on later")
    func terminates() async throws {
        let home = try SystemTest.temporaryHome()
        defer { try? FileManager.default.removeItem(at: home) }
        var service = try await ServiceProcess.start(home: home)
        defer { service.killGroup() }
        let task = service.url + "/v1/tasks/shop"
        // The default recipe trains long enough to be interrupted.
        try await SystemTest.put(task, #"{"kind": "classify", "update": {"min_examples": 1000000}}"#)
        try await SystemTest.post(task + "/examples", SystemTest.examples(0..<400))
        let update = try await SystemTest.requestUpdate(task)
        try await SystemTest.wait(service.url, update) { $0.status == .training && $0.progress > 0 }
        let ending = try await service.terminate()
        #expect(ending.code == 0)
        #expect(ending.seconds < 5)

        service = try await ServiceProcess.start(home: home)
        let finished = try await SystemTest.wait(service.url, update) { $0.status.isFinal }
        #expect(finished.status == .promoted)
        let store = try Store(home: Home(root: home))
        let counts = try await store.counts(try TaskName("shop"))
        try store.close()
        #expect(counts.total == 400)
        #expect(counts.consumed == finished.examples.new)
    }
}
