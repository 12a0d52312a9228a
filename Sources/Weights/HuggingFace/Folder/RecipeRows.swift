import Tensors

/// Makes the rows of a tensor by its recipe, out of mapped files. Any thread.
struct RecipeRows: Sendable {
  /// Where an extent begins. Keeps the mapping; all of the extent is there, which was checked when headers were read.
  struct Place: Sendable {
    let file: MappedFile
    let offset: Int
  }

  let recipe: TensorRecipe
  private let sources: [Place]
  private let scales: [Place?]

  /// - Parameter places: of all extents of the recipe.
  init(recipe: TensorRecipe, places: [String: Place]) {
    self.recipe = recipe
    let found = recipe.sources.map { places[$0.entry.name] }
    precondition(found.allSatisfy { $0 != nil }, "a recipe's extents have their places")
    sources = found.compactMap { $0 }
    scales = recipe.sources.map { $0.scale.flatMap { places[$0.entry.name] } }
  }

  /// Writes rows one after the other.
  func write(_ rows: Range<Int>, to target: UnsafeMutableRawPointer) {
    guard let rowByteCount = recipe.type.rowByteCount(elementCount: recipe.columnCount) else { return }
    for (index, row) in rows.enumerated() { write(row, to: target + index * rowByteCount) }
  }

  private func write(_ row: Int, to target: UnsafeMutableRawPointer) {
    guard !sources.isEmpty else {
      return target.storeBytes(of: recipe.numbers[row].bitPattern.littleEndian, as: UInt32.self)
    }
    let (index, row) = recipe.sourceRow(of: row)
    let source = recipe.sources[index]
    if recipe.type == .mxfp4 { return writeMXFP4(index, row, to: target) }
    let byteCount = recipe.columnCount * source.entry.type.byteCount
    let place = sources[index]
    let start = place.offset + row * byteCount
    let bytes = UnsafeRawBufferPointer(rebasing: place.file.bytes[start..<start + byteCount])
    if source.entry.type.rawValue == recipe.type.description, recipe.addend == 0 {
      if let start = bytes.baseAddress { target.copyMemory(from: start, byteCount: byteCount) }
      return
    }
    let number = numbers(bytes, source, index, row)
    switch recipe.type {
    case .f32:
      for column in 0..<recipe.columnCount {
        let bits = (number(column) + recipe.addend).bitPattern.littleEndian
        target.storeBytes(of: bits, toByteOffset: 4 * column, as: UInt32.self)
      }
    default:
      for column in 0..<recipe.columnCount {
        let bits = (number(column) + recipe.addend).bfloat16.littleEndian
        target.storeBytes(of: bits, toByteOffset: 2 * column, as: UInt16.self)
      }
    }
  }

  /// Blocks as GGUF has them: the scale's byte, then 16 bytes, each with one of the first 16 numbers in its low half
  /// and one of the last 16 in its high half. In folders a byte has two neighbors, and scales are apart.
  private func writeMXFP4(_ index: Int, _ row: Int, to target: UnsafeMutableRawPointer) {
    guard let scale = recipe.sources[index].scale, let scales = scales[index] else { return }
    let blocks = sources[index]
    let bytes = UnsafeMutableRawBufferPointer(start: target, count: scale.perRow * ElementType.mxfp4.blockByteCount)
    for block in 0..<scale.perRow {
      let place = row * scale.perRow + block
      let (from, to) = (blocks.offset + 16 * place, ElementType.mxfp4.blockByteCount * block)
      bytes[to] = scales.file.bytes[scales.offset + place]
      for pair in 0..<8 {
        let (first, last) = (blocks.file.bytes[from + pair], blocks.file.bytes[from + 8 + pair])
        bytes[to + 1 + 2 * pair] = first & 15 | last << 4
        bytes[to + 2 + 2 * pair] = first >> 4 | last & 0xF0
      }
    }
  }

  /// Reads the numbers of a row by their columns.
  private func numbers(
    _ bytes: UnsafeRawBufferPointer, _ source: TensorRecipe.Source, _ index: Int, _ row: Int
  ) -> (Int) -> Float {
    guard source.entry.type == .f8e4m3 else { return Self.reader(of: source.entry.type, bytes) }
    let table = Float8.e4m3
    guard let scale = source.scale, let place = scales[index] else { return { table[Int(bytes[$0])] } }
    let end = place.offset + scale.entry.extent.byteCount
    let read = Self.reader(
      of: scale.entry.type, UnsafeRawBufferPointer(rebasing: place.file.bytes[place.offset..<end]))
    let first = row / scale.rowCount * scale.perRow
    return { table[Int(bytes[$0])] * read(first + $0 / scale.columnCount) }
  }

  private static func reader(of type: SafetensorsType, _ bytes: UnsafeRawBufferPointer) -> (Int) -> Float {
    switch type {
    case .f32:
      return { index in
        Float(bitPattern: UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: 4 * index, as: UInt32.self)))
      }
    case .f16:
      return { index in
        let bits = UInt16(littleEndian: bytes.loadUnaligned(fromByteOffset: 2 * index, as: UInt16.self))
        return Float(Float16(bitPattern: bits))
      }
    case .bf16:
      return { index in
        let bits = UInt16(littleEndian: bytes.loadUnaligned(fromByteOffset: 2 * index, as: UInt16.self))
        return Float(bitPattern: UInt32(bits) << 16)
      }
    // Recipes are made for no others.
    default: return { _ in .nan }
    }
  }
}
