import Foundation
import NIOCore

/// Why the service cannot listen where it was told to.
public enum AddressError: Error, Equatable, CustomStringConvertible {
    case inUse(host: String, port: Int)
    case unknownHost(String, port: Int)
    /// The system says why: no address of this machine, or a port that needs more rights.
    case refused(host: String, port: Int, reason: String)

    /// `nil` for an error that has nothing to do with the address.
    init?(_ error: any Error, host: String, port: Int) {
        switch error {
        case is SocketAddressError, is SocketAddressError.UnknownHost: self = .unknownHost(host, port: port)
        case let error as IOError where error.errnoCode == EADDRINUSE: self = .inUse(host: host, port: port)
        case let error as IOError:
            self = .refused(host: host, port: port, reason: String(cString: strerror(error.errnoCode)))
        default: return nil
        }
    }

    public var description: String {
        switch self {
        case .inUse(let host, let port):
            "cannot listen on \(Self.address(host, port)): another program does; end it, or choose another port with "
                + "--port or server.port"
        case .unknownHost(let host, let port):
            "cannot listen on port \(port) of host \"\(host)\": there is no such host; set --host or server.host to an "
                + "address of this machine, such as 127.0.0.1"
        case .refused(let host, let port, let reason):
            "cannot listen on \(Self.address(host, port)): \(reason); set --host or server.host to an address of this "
                + "machine, and --port or server.port to one that may be used, such as 8088"
        }
    }

    private static func address(_ host: String, _ port: Int) -> String {
        host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
    }
}
