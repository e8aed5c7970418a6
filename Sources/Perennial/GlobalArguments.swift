import ArgumentParser

/// Options that every command takes may stand before a command's name as well: `perennial --home DIR task list`.
///
/// The argument parser knows them at the last command only, so they are put behind its name before it reads them.
package enum GlobalArguments {
    private static let flags: Set = ["--json", "--quiet", "--verbose"]
    private static let valued: Set = ["--home", "--config"]

    /// The arguments as the parser is to read them. All others stay where they are, for it to judge.
    package static func moved(_ arguments: [String]) -> [String] {
        var command: any ParsableCommand.Type = Perennial.self
        var kept: [String] = []
        var global: [String] = []
        var rest = arguments[...]
        while let argument = rest.popFirst() {
            if flags.contains(argument) || valued.contains(where: { argument.hasPrefix("\($0)=") }) {
                global.append(argument)
                continue
            }
            if valued.contains(argument) {
                guard let value = rest.popFirst(), value == "-" || !value.hasPrefix("-") else { return arguments }
                global += [argument, value]
                continue
            }
            if argument == "--" { return arguments }
            kept.append(argument)
            if argument.hasPrefix("-") { continue }
            // A word that is no command is what is wrong then, not the options before it.
            guard let next = subcommand(argument, of: command) else { return kept + rest }
            if next.configuration.subcommands.isEmpty {
                return takesGlobalOptions(next) ? kept + global + rest : arguments
            }
            command = next
        }
        return kept.isEmpty ? arguments : kept
    }

    private static func subcommand(
        _ name: String, of command: any ParsableCommand.Type
    ) -> (any ParsableCommand.Type)? {
        command.configuration.subcommands.first { $0._commandName == name || $0.configuration.aliases.contains(name) }
    }

    private static func takesGlobalOptions(_ command: any ParsableCommand.Type) -> Bool {
        Mirror(reflecting: command.init()).children.contains { $0.value is OptionGroup<GlobalOptions> }
    }
}
