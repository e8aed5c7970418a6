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
/// that cannot be moved stays, and only its move is tried again. One that is written to while it is taken stays too,
/// and is taken again as a whole. What is written after the move is not read: a slow writer chooses a name that is
/// ignored, one that begins with `.` or ends in `.part` or `.tmp`, and renames the file once it is complete.
public struct InboxWatcher: Service, CustomStringConvertible {
    /// What the log calls it.
    public var description: String { "InboxWatcher" }

    private let store: Store
    private let settleSeconds: Double
    private let interval: Duration
    private let logger: Logger
    private let count: @Sendable (IngestReport, TaskName) -> Void

    /// - Parameters:
    ///   - settleSeconds: how long a file must not have been written to.
    ///   - interval: time between two looks at the inbox.
    ///   - count: told what became of each part of a file, as soon as that is on disk.
    public init(
        store: Store, settleSeconds: Double = 1, interval: Duration = .milliseconds(250), logger: Logger,
        count: @escaping @Sendable (IngestReport, TaskName) -> Void = { $0.count(task: $1) }
    ) {
        self.store = store
        self.settleSeconds = settleSeconds
        self.interval = interval
        self.logger = logger
        self.count = count
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
    /// - Returns: when to try again, where it could not be done. A file that has changed is another sighting, and has
    ///   failed at nothing.
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
                failure.report = report
            }
            // Once it is moved, nobody reads what was added after the end that was read.
            guard InboxScan.Sighting(path: sighting.path) == sighting else {
                logger.notice("inbox file \(name) changed while it was taken; it is taken again once it is complete")
                return nil
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
        func add(_ part: IngestReport) {
            count(part, task)
            report.ingest.merge(part)
        }
        var ended = false
        do {
            while !ended {
                try Task.checkCancellation()
                let data = try input.read(upToCount: 1 << 20) ?? Data()
                ended = data.isEmpty
                var batch = ExampleBatch()
                if ended { try parser.finish(into: &batch) } else { try parser.parse([UInt8](data), into: &batch) }
                if batch.count > 0 { add(try await store.append(LedgerBatch(batch), to: task).report) }
            }
        } catch let rejection as Rejection {
            var part = IngestReport()
            part.reject(rejection)
            add(part)
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
        var number = 1
        var target = directory.appending(path: Self.name(file.lastPathComponent, number: number))
        while FileManager.default.fileExists(atPath: target.path) {
            number += 1
            target = directory.appending(path: Self.name(file.lastPathComponent, number: number))
        }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        try encoder.encode(report).write(
            to: directory.appending(path: target.lastPathComponent + Self.reportEnding), options: .atomic)
        try FileManager.default.moveItem(at: file, to: target)
    }

    private static let reportEnding = ".report.json"
    /// The longest name that leaves room for its report's, in bytes; 255 is what file systems take.
    private static let maximumNameBytes = 255 - reportEnding.utf8.count

    /// The name that a file is moved to: its own, numbered from the second on, and cut before its ending where it would
    /// be too long.
    private static func name(_ name: String, number: Int) -> String {
        let dot = name.unicodeScalars.lastIndex(of: ".") ?? name.endIndex
        // So long an ending is none.
        let ending = name[dot...].utf8.count <= 16 ? String(name[dot...]) : ""
        var stem = String(name.unicodeScalars.dropLast(ending.unicodeScalars.count))
        let end = (number > 1 ? "-\(number)" : "") + ending
        while stem.utf8.count + end.utf8.count > maximumNameBytes { stem.removeLast() }
        return stem + end
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
                return InboxScan.Sighting(path: directory.appending(path: name).path)
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
}

extension LedgerBatch {
    /// A parsed part of a stream, with its lines that were refused.
    public init(_ batch: ExampleBatch, idempotency: IdempotencyKey? = nil) {
        self.init(
            entries: batch.examples.map { LedgerEntry(line: $0.line, example: $0.example) }, refused: batch.refused,
            idempotency: idempotency)
    }
}
