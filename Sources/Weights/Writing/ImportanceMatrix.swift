/// How much the error of each column of a model's matrices counts: the mean square of what came in there while a
/// program read a text. A GGUF file whose tensors end in `.in_sum2` and `.counts`, as llama.cpp's `llama-imatrix`
/// writes it.
package struct ImportanceMatrix: Sendable {
  /// Of one matrix: of all columns, for each expert in turn.
  struct Columns {
    let importance: [[Float]]
    let rowsOfOne: Int

    func ofRow(_ row: Int) -> [Float] { importance[row / rowsOfOne] }
  }

  private var importance: [String: [[Float]]] = [:]

  package init(path: String) throws(CheckpointError) {
    let file = try CheckpointFiles(path: path)
    let suffix = ".in_sum2"
    for entry in file.tensors where entry.name.hasSuffix(suffix) {
      let name = String(entry.name.dropLast(suffix.count))
      guard let counts = file[name + ".counts"] else {
        throw .damaged(file.fileNames[0], tensorSubject(entry.name), "is there without \(name).counts")
      }
      let (sums, times) = (try file.vector(entry), try file.vector(counts))
      guard !times.isEmpty, sums.count == times.count * entry.dimensions[0], sums.allSatisfy({ $0 >= 0 }) else {
        throw .damaged(file.fileNames[0], tensorSubject(entry.name), "does not fit \(name).counts")
      }
      importance[name] = times.enumerated().map { index, count in
        let columns = sums[index * entry.dimensions[0]..<(index + 1) * entry.dimensions[0]]
        // An expert that no token was given to: all columns alike.
        return count > 0 ? columns.map { $0 / count } : columns.map { _ in 1 }
      }
    }
    guard !importance.isEmpty else {
      throw .unsupported(
        file.fileNames[0], nil, "has no importance of any tensor (names that end in \(suffix))",
        remedy: "give a GGUF file that llama-imatrix has written")
    }
  }

  /// Nil where the file says nothing of a tensor, or of one of another shape.
  func columns(of entry: TensorEntry, rows: Int) -> Columns? {
    guard let found = importance[entry.name], found.allSatisfy({ $0.count == entry.dimensions[0] }),
      rows % found.count == 0
    else { return nil }
    return Columns(importance: found, rowsOfOne: rows / found.count)
  }
}
