import ArgumentParser

@main
struct Perennial: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "perennial")
}
