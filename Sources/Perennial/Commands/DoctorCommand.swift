import ArgumentParser
import Dashboards
import Foundation
import Pipeline
import Replay
import Store
import Tensors

struct DoctorCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor", abstract: "What this machine offers, and whether everything needed is there.",
        discussion: "Exit code 1 when something is missing.")
    @OptionGroup var options: GlobalOptions

    func run() async throws {
        var report = Report()
        report.processor = ProcessorFeatures.current.names
        report.kernels = KernelSet.best.name
        report.precisions = Precision.allCases.filter(\.isSupported)
        report.blas_core = try? BLAS.information().coreName
        report.blas_gflops = try? BLAS.measuredGFLOPS()
        let (core, reached) = (report.blas_core ?? "", report.blas_gflops ?? 0)
        report.check("OpenBLAS") {
            _ = try BLAS.information()
            return "\(core) kernels, \(String(format: "%.0f", reached)) GFLOP/s on one thread"
        }
        let home = options.homeDirectory
        // Looking makes no home: where there is none yet, SQLite is tried elsewhere.
        let isThere = (try? options.requireHome()) != nil
        let place = isThere ? home : FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
        defer { if !isThere { try? FileManager.default.removeItem(at: place) } }
        do {
            let store = try Store(home: Home(root: place))
            let diagnostics = try await store.diagnostics()
            try store.close()
            report.checks.append(
                Check(
                    name: "SQLite", passed: true,
                    detail:
                        "\(diagnostics.sqliteVersion), \(diagnostics.journalMode), synchronous \(diagnostics.synchronous == 2 ? "full" : "\(diagnostics.synchronous)"), \(diagnostics.bytes) bytes"
                ))
        } catch {
            report.checks.append(Check(name: "SQLite", passed: false, detail: "\(error)"))
        }
        report.check("zstd") { ReplayMemory.compressionLibrary }
        report.check("home") {
            guard isThere else { return "there is none at \(home.path) yet; `perennial serve` makes it" }
            if let place = Home(root: home).unwritable {
                throw CommandFailure("cannot write \(place.path); check its owner, its permissions and its file system")
            }
            return try "\(home.path), \(Self.room(in: home))"
        }
        report.check("base model") { try options.serviceModel.directory().path }
        report.checks.append(
            Check(
                name: "trainer", passed: true,
                detail: WorkerLock.isHeld(home: Home(root: home)) ? "running" : "not running"))
        if options.json {
            try JSON.print(report)
        } else {
            Console.line("processor    \(report.processor.joined(separator: " "))")
            Console.line("kernels      \(report.kernels)")
            Console.line("precisions   \(report.precisions.map(\.rawValue).joined(separator: " "))")
            for check in report.checks {
                let mark = check.passed ? "ok  " : "FAIL"
                Console.line("\(check.name.padding(toLength: 12, withPad: " ", startingAt: 0)) \(mark) \(check.detail)")
            }
        }
        if report.checks.contains(where: { !$0.passed }) { throw ExitCode(ExitStatus.failed.rawValue) }
    }

    /// How much room is left, once a file could be written: a full file system allows it as much as any other.
    private static func room(in home: URL) throws -> String {
        let file = home.appending(path: ".doctor-\(getpid())")
        defer { try? FileManager.default.removeItem(at: file) }
        let free = try FileManager.default.attributesOfFileSystem(forPath: home.path)[.systemFreeSize] as? Int
        let room = "\(Formatting.bytes(free ?? 0)) free"
        do {
            // Random, as some file systems need no room for zeros.
            try Data((0..<1 << 16).map { _ in UInt8.random(in: .min ... .max) }).write(to: file)
            let handle = try FileHandle(forUpdating: file)
            try handle.synchronize()
            try handle.close()
        } catch {
            let reason = error.localizedDescription.trimmingCharacters(in: CharacterSet(charactersIn: "."))
            throw CommandFailure(
                "cannot write a file of 64 KiB to \(home.path), \(room): \(reason); free space on its file system")
        }
        return room
    }

    private struct Check: Encodable {
        var name: String
        var passed: Bool
        var detail: String
    }

    private struct Report: Encodable {
        var processor: [String] = []
        /// Instruction set of our own kernels.
        var kernels = ""
        /// Of products with the frozen base, as far as the processor has the instructions.
        var precisions: [Precision] = []
        var blas_core: String?
        var blas_gflops: Double?
        var checks: [Check] = []

        mutating func check(_ name: String, _ body: () throws -> String) {
            do {
                checks.append(Check(name: name, passed: true, detail: try body()))
            } catch {
                checks.append(Check(name: name, passed: false, detail: "\(error)"))
            }
        }
    }
}
