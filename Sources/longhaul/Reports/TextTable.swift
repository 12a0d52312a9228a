/// A table in text: columns as wide as their widest cell, aligned right.
struct TextTable {
  private var rows: [[String]]

  init(head: [String]) { rows = [head] }

  mutating func add(_ row: [String]) { rows.append(row) }

  var lines: [String] {
    let widths = (0..<(rows.first?.count ?? 0)).map { column in
      rows.map { $0.indices.contains(column) ? $0[column].count : 0 }.max() ?? 0
    }
    return rows.map { row in
      zip(row, widths).map { cell, width in String(repeating: " ", count: width - cell.count) + cell }
        .joined(separator: "  ")
    }
  }
}
