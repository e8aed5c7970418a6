import Foundation
import Schema

/// A parsed example and the 1-based line it came from.
public struct LedgerEntry: Sendable, Hashable {
    public var line: Int
    public var example: Example
    public init(line: Int, example: Example) {
        self.line = line
        self.example = example
    }
}

/// One body, file or part of a stream, parsed: what is to be kept, and what was already refused.
public struct LedgerBatch: Sendable {
    public var entries: [LedgerEntry]
    /// Lines that did not parse; the ledger adds its own counts to a copy of it.
    public var refused: IngestReport
    public var idempotency: IdempotencyKey?

    public init(entries: [LedgerEntry], refused: IngestReport = IngestReport(), idempotency: IdempotencyKey? = nil) {
        self.entries = entries
        self.refused = refused
        self.idempotency = idempotency
    }

    /// Entries numbered from line 1.
    public init(_ examples: [Example]) {
        self.init(entries: zip(1..., examples).map { LedgerEntry(line: $0, example: $1) })
    }
}

/// A client's key for one body: sending both again gets the first answer again.
public struct IdempotencyKey: Sendable, Hashable {
    public var key: String
    /// SHA-256 of the body's bytes.
    public var bodyDigest: Data

    /// How long an answer is remembered.
    public static let lifetimeSeconds = 86_400.0

    public init(key: String, bodyDigest: Data) {
        self.key = key
        self.bodyDigest = bodyDigest
    }
}

/// What became of a batch.
public struct LedgerAnswer: Sendable, Hashable {
    public var report: IngestReport
    /// The stored answer to an earlier request with the same idempotency key; nothing was written now.
    public var replayed: Bool
    public init(report: IngestReport, replayed: Bool = false) {
        self.report = report
        self.replayed = replayed
    }
}

/// What waits in a task's ledger for the next update.
public struct PendingExamples: Sendable, Hashable, Codable {
    /// To be trained on.
    public var training: Int
    /// Of ``training``, those no update has tried yet: what should start one. None after an update was cancelled, until
    /// more come.
    public var fresh: Int
    /// To become the next held-out slice.
    public var heldOut: Int
    /// Set aside after repeated rejection or failure, until released.
    public var parked: Int
    /// Set aside because their labels are doubted, until released or dropped.
    public var quarantined: Int
    /// When the oldest of ``fresh`` arrived.
    public var oldestArrival: Timestamp?

    public init(
        training: Int = 0, fresh: Int = 0, heldOut: Int = 0, parked: Int = 0, quarantined: Int = 0,
        oldestArrival: Timestamp? = nil
    ) {
        self.quarantined = quarantined
        self.training = training
        self.fresh = fresh
        self.heldOut = heldOut
        self.parked = parked
        self.oldestArrival = oldestArrival
    }

    enum CodingKeys: String, CodingKey {
        case training, fresh
        case heldOut = "held_out"
        case parked, quarantined
        case oldestArrival = "oldest_arrival"
    }
}

/// Where every accepted example of a task is; each is in exactly one place.
public struct LedgerCounts: Sendable, Hashable, Codable {
    public var pending = 0
    public var claimed = 0
    public var consumed = 0
    public var parked = 0
    public var superseded = 0
    /// In a held-out slice.
    public var heldOut = 0
    /// Set aside for review.
    public var quarantined = 0
    /// Dropped by a reviewer.
    public var dropped = 0

    public var total: Int {
        pending + claimed + consumed + parked + superseded + heldOut + quarantined + dropped
    }

    public init() {}

    enum CodingKeys: String, CodingKey {
        case pending, claimed, consumed, parked, superseded, quarantined, dropped
        case heldOut = "held_out"
    }
}
