/// A metadata entry as one printable line.
package struct MetadataLine: Hashable, Sendable {
  package let key: String
  package let value: String
}

extension Checkpoint {
  /// All metadata in file order, fit for a terminal: long texts and arrays are cut short, control characters
  /// shown.
  package var metadataLines: [MetadataLine] {
    metadata.keys.map { key in
      MetadataLine(key: key, value: metadata[key]?.summary(arrayLimit: 4) ?? "")
    }
  }
}
