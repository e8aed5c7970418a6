import ArgumentParser
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
        do {
            let store = try Store(home: Home(root: home))
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
            if let place = Home(root: home).unwritable {
                throw CommandFailure("cannot write \(place.path); check its owner, its permissions and its file system")
            }
            return home.path
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
