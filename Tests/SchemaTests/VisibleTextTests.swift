import Schema
import Testing

@Suite struct VisibleTextTests {
    @Test(
        arguments: ["", " \t\n", "\0\u{7F}", "\u{85}", "\u{A0}", "\u{3000}", "\u{200B}", "\u{FEFF} \u{2060}", "\u{2028}"])
    func nothingOfWhiteSpaceControlsAndFormatsIsSeen(_ text: String) { #expect(!text.hasVisibleCharacter) }

    @Test(arguments: ["a", " .", "\u{3000}日本", "\u{200B}é", "😀", "~"])
    func whatIsSeenMayStandAnywhere(_ text: String) { #expect(text.hasVisibleCharacter) }

    @Test(arguments: [" a", "a\n", "\u{A0}a", "a\u{3000}", "a\u{2003}", "\u{2029}a"])
    func whiteSpaceAtAnEndIsFound(_ text: String) { #expect(text.beginsOrEndsWithWhiteSpace) }

    @Test(arguments: ["", "a", "a b", "日\u{3000}本", "é\u{A0}é"])
    func whiteSpaceWithinIsNone(_ text: String) { #expect(!text.beginsOrEndsWithWhiteSpace) }
}
