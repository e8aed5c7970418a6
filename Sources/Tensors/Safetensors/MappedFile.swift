import Glibc

/// A whole file, mapped read-only: processes that map the same file share its pages.
// @unchecked Sendable: the memory is read-only and lives as long as the object.
final class MappedFile: @unchecked Sendable {
    let base: UnsafeRawPointer
    let count: Int
    private let isMapped: Bool

    /// - Throws: ``TensorError/file(path:operation:reason:)``.
    init(path: String) throws {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw Self.error(path, "open") }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw Self.error(path, "examine") }
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw TensorError.file(path: path, operation: "map", reason: "it is not a regular file")
        }
        count = Int(status.st_size)
        guard count > 0 else {
            // An empty mapping is not allowed; the reader says what an empty file lacks.
            base = UnsafeRawPointer(UnsafeMutableRawPointer.allocate(byteCount: 1, alignment: 8))
            isMapped = false
            return
        }
        guard let memory = mmap(nil, count, PROT_READ, MAP_PRIVATE, descriptor, 0), memory != MAP_FAILED else {
            throw Self.error(path, "map")
        }
        base = UnsafeRawPointer(memory)
        isMapped = true
    }

    /// A copy of bytes that have been read and checked already.
    init(copying bytes: [UInt8]) {
        count = bytes.count
        // Aligned for float32, and at least one byte long.
        let memory = UnsafeMutableRawPointer.allocate(byteCount: max(bytes.count, 1), alignment: 64)
        memory.copyMemory(from: bytes, byteCount: bytes.count)
        base = UnsafeRawPointer(memory)
        isMapped = false
    }

    /// Gives the pages that were read back to the kernel's cache; they come again when they are touched.
    func releasePages() {
        if isMapped { _ = madvise(UnsafeMutableRawPointer(mutating: base), count, MADV_DONTNEED) }
    }

    deinit {
        if isMapped {
            munmap(UnsafeMutableRawPointer(mutating: base), count)
        } else {
            base.deallocate()
        }
    }

    private static func error(_ path: String, _ operation: String) -> TensorError {
        .file(path: path, operation: operation, reason: String(cString: strerror(errno)))
    }
}
