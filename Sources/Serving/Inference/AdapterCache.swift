import Adapters
import Dispatch
import Foundation
import Schema
import Store
import Synchronization

/// Loaded adapters and saved heads by digest, the least recently used given up first.
///
/// Keyed by digest and never by name: a name may move to other content, a digest cannot.
final class AdapterCache: Sendable {
    private struct Recent<Value: Sendable> {
        let capacity: Int
        private var values: [String: Value] = [:]
        /// Oldest use first.
        private var order: [String] = []

        init(capacity: Int) { self.capacity = capacity }

        mutating func value(_ digest: String) -> Value? {
            guard let value = values[digest] else { return nil }
            if order.last != digest, let index = order.firstIndex(of: digest) {
                order.append(order.remove(at: index))
            }
            return value
        }

        mutating func insert(_ value: Value, _ digest: String) {
            values[digest] = value
            order.append(digest)
            if order.count > capacity { values[order.removeFirst()] = nil }
        }
    }

    private let adapters: Mutex<Recent<any ServableAdapter>>
    /// Fewer: each can be a megabyte or more, and those that serve are held by their versions.
    private let heads = Mutex(Recent<AnalyticHead>(capacity: 8))
    /// Reading and checking an adapter blocks; one at a time, so two requests never load the same twice.
    private let loading = DispatchQueue(label: "perennial.adapters")

    init(capacity: Int = 64) { adapters = Mutex(Recent(capacity: capacity)) }

    func adapter(_ digest: String, from classifier: any TextClassifier) async throws -> any ServableAdapter {
        if let adapter = adapters.withLock({ $0.value(digest) }) { return adapter }
        return try await withCheckedThrowingContinuation { continuation in
            loading.async { [self] in
                continuation.resume(
                    with: Result {
                        if let adapter = adapters.withLock({ $0.value(digest) }) { return adapter }
                        let adapter = try classifier.adapter(digest: digest)
                        adapters.withLock { $0.insert(adapter, digest) }
                        return adapter
                    })
            }
        }
    }

    /// The saved head of a version. Its weights alone are read and kept.
    func analytic(
        _ generation: AnalyticGeneration?, _ home: Home, from classifier: any TextClassifier
    ) async throws -> AnalyticHead? {
        guard let digest = generation?.digest else { return nil }
        if let head = heads.withLock({ $0.value(digest) }) { return head }
        return try await withCheckedThrowingContinuation { continuation in
            loading.async { [self] in
                continuation.resume(
                    with: Result {
                        if let head = heads.withLock({ $0.value(digest) }) { return head }
                        let head = try AnalyticHead(
                            contentsOf: home.analyticGeneration(digest), base: classifier.baseDigest)
                        heads.withLock { $0.insert(head, digest) }
                        return head
                    })
            }
        }
    }

    /// Whether all of a version's file of sums is what its name promises.
    ///
    /// Asked before a version is to serve, not each time one is loaded: a file can be tens of megabytes. The weights that
    /// answer are checked whenever they are read, and the sums before anything is learned on top of them.
    ///
    /// - Throws: `AdapterError.damagedFile(path:expected:actual:)`, and for a file that cannot be read.
    func check(_ generation: AnalyticGeneration?, in home: Home) async throws {
        guard let digest = generation?.digest else { return }
        let file = home.analyticGeneration(digest)
        try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
            loading.async {
                continuation.resume(
                    with: Result {
                        let found = try ContentDigest(ofFile: file).description
                        guard found == digest else {
                            throw AdapterError.damagedFile(path: file.path, expected: digest, actual: found)
                        }
                    })
            }
        }
    }
}
