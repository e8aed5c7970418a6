import Foundation
import Intake
import Logging
import Schema
import ServiceLifecycle
import Store

/// Takes files dropped under `<home>/inbox/<task>/` once they are complete, streams them into the ledger, and moves
/// them to `done/` or `rejected/` with a report beside them.
///
/// A crash between the last append and the move makes the file count as duplicates next time: nothing doubles. A file
/// that cannot be moved stays, and only its move is tried again.
public struct InboxWatcher: Service, CustomStringConvertible {
    /// What the log calls it.
    public var description: String { "InboxWatcher" }

    private let store: Store
    private let settleSeconds: Double
    private let interval: Duration
    private let logger: Logger

    public init(store: Store, settleSeconds: Double = 1, interval: Duration = .milliseconds(250), logger: Logger) {
        self.store = store
        self.settleSeconds = settleSeconds
        self.interval = interval
        self.logger = logger
    }

    public func run() async throws {
        await cancelWhenGracefulShutdown {
            var scan = InboxScan(settleSeconds: settleSeconds)
            var failures: [InboxScan.Sighting: Failure] = [:]
            while !Task.isCancelled {
                let complete = scan.complete(sightings(), now: Timestamp.now.seconds)
                var rest: [InboxScan.Sighting: Failure] = [:]
                for file in complete where !Task.isCancelled {
                    if let failure = failures[file], ContinuousClock.now < failure.next {
                        rest[file] = failure
                    } else {
                        rest[file] = await take(file, after: failures[file])
                    }
                }
                failures = rest
                try? await Task.sleep(for: interval)
            }
        }
    }

    /// A file that stays where it is for now.
    private struct Failure {
        /// What was taken of it; `nil` where that is not all it holds.
        var report: InboxReport?
        var backoff = RestartBackoff()
        var next = ContinuousClock.now
    }

    /// Streams one file in and moves it away. What was taken before is not taken again, only moved.
    ///
    /// - Returns: when to try again, where it could not be done.
    private func take(_ sighting: InboxScan.Sighting, after last: Failure?) async -> Failure? {
        let file = URL(filePath: sighting.path)
        let name = file.lastPathComponent
        var failure = last ?? Failure()
        do {
            let report: InboxReport
            if let taken = failure.report {
                report = taken
            } else {
                report = try await ingest(file)
                if let task = report.task { report.ingest.count(task: task) }
                failure.report = report
            }
            let taken = report.ingest.accepted + report.ingest.duplicates > 0 && report.error == nil
            try move(file, to: taken ? "done" : "rejected", report: report)
            logger.info(
                "inbox file \(name): \(report.ingest.accepted) accepted, \(report.ingest.duplicates) duplicates, \(report.ingest.rejected) rejected"
            )
            return nil
        } catch is CancellationError {
            return nil
        } catch {
            let delay = failure.backoff.delay(afterLifetime: .zero)
            failure.next = .now + delay
            let state = failure.report == nil ? "could not be taken" : "was taken, but could not be moved away"
            logger.error("inbox file \(name) \(state); tried again in \(delay): \(error)")
            return failure
        }
    }

    private func ingest(_ file: URL) async throws -> InboxReport {
        var report = InboxReport(file: file.lastPathComponent)
        let folder = file.deletingLastPathComponent().lastPathComponent
        let missing = "there is no task \"\(folder)\"; create it, then drop the file again"
        guard let task = try? TaskName(folder) else {
            report.error = missing
            return report
        }
        do {
            try await store.requireTask(task)
            report.task = task
        } catch StoreError.unknownTask {
            report.error = missing
            return report
        }
        guard let format = ExampleFormat(fileName: file.lastPathComponent) else {
            report.error = "its name must end in .jsonl, .ndjson, .json or .csv"
            return report
        }
        let input = try FileHandle(forReadingFrom: file)
        defer { try? input.close() }
        var parser = ExampleParser(format: format)
        var ended = false
        do {
            while !ended {
                try Task.checkCancellation()
                let data = try input.read(upToCount: 1 << 20) ?? Data()
                ended = data.isEmpty
                var batch = ExampleBatch()
                if ended { try parser.finish(into: &batch) } else { try parser.parse([UInt8](data), into: &batch) }
                if batch.count > 0 { report.ingest.merge(try await store.append(LedgerBatch(batch), to: task).report) }
            }
        } catch let rejection as Rejection {
            report.ingest.reject(rejection)
        }
        return report
    }

    /// - Throws: ``StoreError`` where the folder cannot be written; the file is where it was then.
    private func move(_ file: URL, to folder: String, report: InboxReport) throws {
        let directory = file.deletingLastPathComponent().appending(path: folder)
        do {
            try move(file, into: directory, report: report)
        } catch {
            throw StoreError(unwritable: directory, error)
        }
    }

    private func move(_ file: URL, into directory: URL, report: InboxReport) throws {
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        let stem = file.deletingPathExtension().lastPathComponent
        var target = directory.appending(path: file.lastPathComponent)
        var number = 1
        while FileManager.default.fileExists(atPath: target.path) {
            number += 1
            target = directory.appending(path: "\(stem)-\(number).\(file.pathExtension)")
        }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        try encoder.encode(report).write(
            to: directory.appending(path: target.lastPathComponent + ".report.json"), options: .atomic)
        try FileManager.default.moveItem(at: file, to: target)
    }

    private func sightings() -> [InboxScan.Sighting] {
        let manager = FileManager.default
        let inbox = store.home.inbox
        let folders = (try? manager.contentsOfDirectory(atPath: inbox.path)) ?? []
        return folders.flatMap { folder -> [InboxScan.Sighting] in
            let directory = inbox.appending(path: folder)
            let names = (try? manager.contentsOfDirectory(atPath: directory.path)) ?? []
            return names.compactMap { name in
                // Hidden and half-written files by the usual conventions are not ours yet.
                if name.hasPrefix(".") || name.hasSuffix(".tmp") || name.hasSuffix(".part") { return nil }
                let path = directory.appending(path: name).path
                var status = stat()
                guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
                let modified = Double(status.st_mtim.tv_sec) + Double(status.st_mtim.tv_nsec) / 1e9
                return InboxScan.Sighting(
                    path: path, size: Int64(status.st_size), modified: modified, inode: UInt64(status.st_ino))
            }
        }
    }
}

/// Written beside a file that was taken.
struct InboxReport: Codable {
    var file: String
    var ingest = IngestReport()
    /// Why nothing of the file was taken.
    var error: String?
    /// The task it was for, once that is known to exist.
    var task: TaskName?

    enum CodingKeys: CodingKey { case file, ingest, error }
}

extension LedgerBatch {
    /// A parsed part of a stream, with its lines that were refused.
    public init(_ batch: ExampleBatch, idempotency: IdempotencyKey? = nil) {
        self.init(
            entries: batch.examples.map { LedgerEntry(line: $0.line, example: $0.example) }, refused: batch.refused,
            idempotency: idempotency)
    }
}
