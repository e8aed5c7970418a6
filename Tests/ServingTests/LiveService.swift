import Foundation
import Logging
import ServiceLifecycle
import Serving
import Store

/// The service on a port that the system chose, for what only real connections show.
struct LiveService: Sendable {
    let store: Store
    let port: Int

    static func run(
        classifier: FakeClassifier = FakeClassifier(),
        configure: (inout PerennialService.Configuration) -> Void = { _ in }, page: PageRenderer? = nil,
        logger: Logger = quiet,
        _ body: @escaping @Sendable (LiveService) async throws -> Void
    ) async throws {
        let directory = FileManager.default.temporaryDirectory.appending(path: "serving-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: directory) }
        let store = try Store(home: Home(root: directory))
        var configuration = PerennialService.Configuration()
        configuration.port = 0
        configure(&configuration)
        let (ports, running) = AsyncStream<Int>.makeStream()
        let service = PerennialService(
            configuration: configuration, store: store, forgetting: { $0.report }, page: page, logger: logger,
            onRunning: { running.yield($0 ?? 0) }
        ) { classifier }
        let group = ServiceGroup(services: [service], logger: quiet)
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask {
                defer { running.finish() }
                try await group.run()
            }
            for await port in ports {
                let live = LiveService(store: store, port: port)
                let probe = "GET /readyz HTTP/1.0\r\n\r\n"
                while !(try await live.exchange(probe).contains(" 200 ")) { await Task.yield() }
                try await body(live)
                await group.triggerGracefulShutdown()
            }
            try await tasks.waitForAll()
        }
        try store.close()
    }

    func connect() async throws -> RawConnection { try await RawConnection(port: port) }

    /// Sends bytes over a connection of their own, and reads until the service closes it.
    func exchange(_ text: String) async throws -> String {
        let connection = try await connect()
        try await connection.send(text)
        return try await connection.readToEnd()
    }
}

/// A TCP connection to this machine that sends exactly what it is told to. Closed when it is let go.
///
/// Its calls block a thread of their own, and fail after half a minute.
final class RawConnection: Sendable {
    struct Failure: Error {
        var call: String
        var errno: Int32
    }

    private let descriptor: Int32
    private let queue = DispatchQueue(label: "connection")

    init(port: Int) async throws {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | O_CLOEXEC, 0)
        self.descriptor = descriptor
        var patience = timeval(tv_sec: 30, tv_usec: 0)
        for option in [SO_RCVTIMEO, SO_SNDTIMEO] {
            setsockopt(descriptor, SOL_SOCKET, option, &patience, socklen_t(MemoryLayout<timeval>.size))
        }
        _ = try await call("connect") {
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_port = in_port_t(port).bigEndian
            address.sin_addr.s_addr = INADDR_LOOPBACK.bigEndian
            return withUnsafePointer(to: &address) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    Int(connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)))
                }
            }
        }
    }

    deinit { close(descriptor) }

    func send(_ text: String) async throws {
        var rest = Array(text.utf8)[...]
        // Less than all is sent where the connection ends in the middle; the next call says why.
        while !rest.isEmpty {
            let bytes = Array(rest)
            rest = rest.dropFirst(
                try await call("send") { [descriptor] in
                    Glibc.send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL))
                })
        }
    }

    /// What comes until the service closes the connection.
    func readToEnd() async throws -> String {
        var text = ""
        while let part = try await read() { text += part }
        return text
    }

    /// What comes next; `nil` once the service has closed the connection, with or without having read all that was sent.
    func read() async throws -> String? {
        let part = Part()
        do {
            let count = try await call("recv") { [descriptor] in recv(descriptor, &part.bytes, part.bytes.count, 0) }
            return count == 0 ? nil : String(decoding: part.bytes.prefix(count), as: UTF8.self)
        } catch let failure as Failure where failure.errno == ECONNRESET {
            return nil
        }
    }

    /// Sends no more, and reads on.
    func finishSending() { shutdown(descriptor, Int32(SHUT_WR)) }

    /// Hangs up without a word.
    func reset() {
        var option = linger(l_onoff: 1, l_linger: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &option, socklen_t(MemoryLayout<linger>.size))
        var nowhere = sockaddr()
        nowhere.sa_family = sa_family_t(AF_UNSPEC)
        connect(descriptor, &nowhere, socklen_t(MemoryLayout<sockaddr>.size))
    }

    private func call(_ name: String, _ body: @escaping @Sendable () -> Int) async throws -> Int {
        try await withCheckedThrowingContinuation { continuation in
            queue.async {
                let result = body()
                continuation.resume(
                    with: result < 0 ? .failure(Failure(call: name, errno: errno)) : .success(result))
            }
        }
    }

    /// Filled on the queue, read after that.
    private final class Part: @unchecked Sendable {
        var bytes = [UInt8](repeating: 0, count: 65_536)
    }
}
