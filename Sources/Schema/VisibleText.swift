/// What counts as nothing, by Unicode and not by ASCII alone.
extension String {
    /// Whether a reader sees anything of it: a character that is not white space, control or format.
    package var hasVisibleCharacter: Bool { unicodeScalars.contains(where: \.isVisible) }

    package var beginsOrEndsWithWhiteSpace: Bool {
        unicodeScalars.first?.isWhiteSpace == true || unicodeScalars.last?.isWhiteSpace == true
    }
}

extension Unicode.Scalar {
    // ASCII, of which most texts are, needs no look into Unicode's tables.

    fileprivate var isVisible: Bool {
        if isASCII { return (0x21...0x7E).contains(value) }
        let category = properties.generalCategory
        return category != .control && category != .format && !properties.isWhitespace
    }

    fileprivate var isWhiteSpace: Bool {
        if isASCII { return value == 0x20 || (0x09...0x0D).contains(value) }
        return properties.isWhitespace
    }
}
