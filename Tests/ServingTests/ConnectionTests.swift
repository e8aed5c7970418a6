import Foundation
import RecordedLog
import Schema
import Serving
import Store
import Testing

@Suite(.timeLimit(.minutes(2))) struct ConnectionTests {
    private static let ingest =
        "POST /v1/tasks/t/examples HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-ndjson\r\n"
    private static let example = #"{"text":"a text","label":"a"}"# + "\n"
    private static let health = "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"

    @Test(
        arguments: [
            ("", ""), ("GET /healthz HTTP/1.1\r\nHo", ""), (ingest + "Content-Length: 1000\r\n\r\n" + example, ""),
            (ingest + "Transfer-Encoding: chunked\r\n\r\n1e\r\n" + example, ""), (health, "HTTP/1.1 200 OK"),
        ])
    func aSilentConnectionIsClosed(_ sent: String, _ answer: String) async throws {
        try await LiveService.run(configure: { $0.idleTimeout = .seconds(2) }) { service in
            _ = try await service.store.putTask(TaskName("t"))
            let received = try await service.exchange(sent)
            #expect(answer.isEmpty ? received.isEmpty : received.hasPrefix(answer), "\(received)")
            #expect(try await service.store.pending(TaskName("t")).training == 0)
        }
    }

    @Test func aConnectionThatWaitsForItsAnswerIsNotSilent() async throws {
        let gate = Gate()
        try await LiveService.run(
            classifier: FakeClassifier(gate: gate), configure: { $0.idleTimeout = .seconds(2) }
        ) { service in
            let task = try TaskName("t")
            _ = try await service.store.putTask(task, labels: ["a", "b", "c"])
            let version = try await service.store.importVersion(
                task, digest: FakeClassifier.digest(1), metrics: AdapterVersion.Metrics())
            _ = try await service.store.promote(task, .version(version.version), force: false)
            let body = #"{"input":"hello"}"#
            let connection = try await service.connect()
            try await connection.send(
                "POST /v1/tasks/t/predict HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
                    + "Content-Length: \(body.utf8.count)\r\n\r\n\(body)")
            await gate.waitForBatch()
            // Two that are silent meanwhile are closed, one after the other.
            for _ in 0..<2 { #expect(try await service.exchange("").isEmpty) }
            gate.open()
            #expect(try await connection.readToEnd().hasPrefix("HTTP/1.1 200 OK"))
        }
    }

    @Test func connectionsOverTheLimitWaitUntilOthersEnd() async throws {
        try await LiveService.run(
            configure: {
                $0.connections = 4
                $0.idleTimeout = .seconds(2)
            }
        ) { service in
            var silent: [RawConnection] = []
            for _ in 0..<10 { silent.append(try await service.connect()) }
            #expect(try await service.exchange(Self.health).hasPrefix("HTTP/1.1 200 OK"))
            for connection in silent { #expect(try await connection.readToEnd().isEmpty) }
        }
    }

    @Test func connectionsLeaveDescriptorsForTheFilesOfTheHome() {
        var limit = rlimit()
        getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        let connections = PerennialService.Configuration().connections
        #expect(connections == max(8, Int(clamping: limit.rlim_cur) - 128))
    }

    @Test(
        arguments: [
            ("GET /healthz HTTP/1.0\r\n\r\n", "200"), ("GET /nowhere HTTP/1.0\r\n\r\n", "404"),
            ("GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", "200"),
            (ingest + "Content-Length: 99999999999\r\n\r\n", "413"),
            (health + "GET /healthz HTTP/1.0\r\n\r\n", "200"),
            ("GET /healthz HTTP/1.0\r\n\r\n" + health, "200"),
        ])
    func theLastAnswerSaysThatItIsAndEndsTheConnection(_ sent: String, _ status: String) async throws {
        try await LiveService.run { service in
            let answers = try await service.exchange(sent).components(separatedBy: "HTTP/1.1 ").dropFirst()
            #expect(answers.last?.hasPrefix(status) == true, "\(answers)")
            #expect(answers.map { $0.lowercased().contains("connection: close") }.filter { $0 }.count == 1)
            #expect(answers.last?.lowercased().contains("connection: close") == true)
        }
    }

    @Test(
        arguments: [
            ("BREW /healthz HTTP/1.1\r\nHost: x\r\n\r\n", "method"),
            ("GET /healthz HTTP/1.1\r\nHost: x\r\nno colon\r\n\r\n", "header"),
            ("GET /healthz HTTP/1.1\r\nX: \(String(repeating: "x", count: 100_000))\r\n\r\n", "80 KiB"),
            (ingest + "Content-Length: abc\r\n\r\n", "Content-Length"),
            ("GET /healthz HTTP/2.0\r\nHost: x\r\n\r\n", "HTTP/1.1"),
            (health + "BREW /healthz HTTP/1.1\r\n\r\n", "method"),
        ])
    func whatIsNoHTTPIsRefusedAsEveryErrorIs(_ sent: String, _ word: String) async throws {
        try await LiveService.run { service in
            let answers = try await service.exchange(sent).components(separatedBy: "HTTP/1.1 ").dropFirst()
            #expect(answers.count == (sent.hasPrefix(Self.health) ? 2 : 1), "\(answers)")
            let parts = try #require(answers.last).components(separatedBy: "\r\n\r\n")
            let head = parts[0].lowercased()
            #expect(head.hasPrefix("400") && head.contains("connection: close"), "\(head)")
            #expect(head.contains("x-request-id: ") && head.contains("content-type: application/json"), "\(head)")
            #expect(head.contains("content-length: \(parts[1].utf8.count)"), "\(head)")
            let object = try JSONSerialization.jsonObject(with: Data(parts[1].utf8)) as? [String: Any]
            let error = try #require(object?["error"] as? [String: Any])
            #expect(Set(error.keys) == ["message", "type", "param", "code"], "\(error)")
            #expect(error["code"] as? String == "invalid_http", "\(error)")
            #expect((error["message"] as? String)?.contains(word) == true, "\(error)")
        }
    }

    @Test func aBodyThatIsNoHTTPIsAnsweredOnce() async throws {
        try await LiveService.run { service in
            _ = try await service.store.putTask(TaskName("t"))
            let answers = try await service.exchange(Self.ingest + "Transfer-Encoding: chunked\r\n\r\nzz\r\n")
                .components(separatedBy: "HTTP/1.1 ").dropFirst()
            #expect(answers.count == 1 && answers.last?.contains("incomplete_body") == true, "\(answers)")
        }
    }

    @Test(arguments: ["GET / HTTP/1.0\r\n\r\n", "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"])
    func aLongLastAnswerArrivesWhole(_ request: String) async throws {
        let page = String(repeating: "a page ", count: 1 << 20)
        try await LiveService.run(page: { _, _ in page }) { service in
            for sendsOn in [true, false] {
                let connection = try await service.connect()
                try await connection.send(request)
                if !sendsOn { connection.finishSending() }
                #expect(try await connection.readToEnd().hasSuffix(page))
            }
        }
    }

    @Test(arguments: ["", "Connection: close\r\n"], [true, false])
    func aBodyOverTheLimitMayBeSentWholeBeforeTheAnswerIsRead(_ header: String, _ isAnnounced: Bool) async throws {
        let body = String(repeating: Self.example, count: 700_000)
        let sent = isAnnounced ? body : String(body.utf8.count, radix: 16) + "\r\n\(body)\r\n0\r\n\r\n"
        let length = isAnnounced ? "Content-Length: \(body.utf8.count)" : "Transfer-Encoding: chunked"
        try await LiveService.run(configure: { $0.ingestBytes = 1 << 20 }) { service in
            _ = try await service.store.putTask(TaskName("t"))
            let answer = try await service.exchange(Self.ingest + "\(header)\(length)\r\n\r\n" + sent)
            #expect(answer.hasPrefix("HTTP/1.1 413 ") && answer.contains("connection: close"), "\(answer)")
        }
    }

    @Test func whoNeverStopsSendingIsCutOff() async throws {
        try await LiveService.run(configure: { $0.idleTimeout = .seconds(2) }) { service in
            _ = try await service.store.putTask(TaskName("t"))
            let connection = try await service.connect()
            try await connection.send(Self.ingest + "Connection: close\r\nContent-Length: 99999999999\r\n\r\n")
            #expect(try await connection.readToEnd().hasPrefix("HTTP/1.1 413 "))
            let part = String(repeating: Self.example, count: 1_000)
            let error = await #expect(throws: RawConnection.Failure.self) {
                while true { try await connection.send(part) }
            }
            #expect(error?.errno == EPIPE || error?.errno == ECONNRESET)
        }
    }

    @Test func aClientOfHTTP10MayAskToGoOn() async throws {
        try await LiveService.run { service in
            let connection = try await service.connect()
            for _ in 0..<3 {
                try await connection.send("GET /healthz HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
                let answer = try #require(try await connection.read())
                #expect(answer.hasPrefix("HTTP/1.1 200 OK") && answer.contains("connection: keep-alive"), "\(answer)")
            }
        }
    }

    @Test(
        arguments: [
            "Content-Length: 1000\r\n\r\n" + example, "Transfer-Encoding: chunked\r\n\r\n1e\r\n\(example)\r\n",
            "Content-Length: 1000\r\n\r\n",
        ])
    func aBodyThatBreaksOffIsTheClientsFaultAndNothingOfItIsStored(_ sent: String) async throws {
        let log = RecordedLog()
        try await LiveService.run(logger: log.logger) { service in
            let task = try TaskName("t")
            _ = try await service.store.putTask(task)
            let connection = try await service.connect()
            try await connection.send(Self.ingest + sent)
            connection.finishSending()
            let answer = try await connection.readToEnd()
            #expect(answer.hasPrefix("HTTP/1.1 400 ") && answer.contains(#""code":"incomplete_body""#), "\(answer)")

            let other = try await service.connect()
            try await other.send(Self.ingest + sent)
            other.reset()
            let refusal = "debug: a request was refused"
            await log.wait { lines in lines.count { $0 == refusal } == 2 }
            #expect(!log.lines.contains { $0.hasPrefix("error") }, "\(log.lines)")
            let pending = try await service.store.pending(task)
            #expect(pending.training + pending.heldOut == 0)
        }
    }

    @Test func anAddressThatIsTakenOrUnknownIsNamedWithTheRemedy() async throws {
        try await LiveService.run { service in
            let port = service.port
            let taken = await #expect(throws: AddressError.self) {
                try await LiveService.run(configure: { $0.port = port }) { _ in }
            }
            #expect(taken == .inUse(host: "127.0.0.1", port: port))
            #expect(taken?.description.contains("127.0.0.1:\(port)") == true)
            #expect(taken?.description.contains("--port") == true)
        }
        let unknown = await #expect(throws: AddressError.self) {
            try await LiveService.run(configure: { $0.host = "no host" }) { _ in }
        }
        #expect(unknown == .unknownHost("no host", port: 0))
        #expect(unknown?.description.contains("server.host") == true)
    }
}
