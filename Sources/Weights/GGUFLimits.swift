/// Bounds on what a header may say. All are far above what real models need; they keep reading bounded in
/// memory even for files whose headers would fill a disk.
enum GGUFLimits {
  static let metadataCount = 1 << 16
  static let tensorCount = 1 << 18
  static let keyByteCount = (1 << 16) - 1
  static let tensorNameByteCount = 64
  static let stringByteCount = 16 << 20
  static let dimensionCount = 4
  /// Arrays in arrays.
  static let arrayDepth = 8
  static let alignment = 8...65536
  static let defaultAlignment = 32
  static let shardCount = 4096
  /// Merges of a byte-pair vocabulary.
  static let mergeCount = 1 << 24
  /// Width of the feed-forward part, and of all heads of a layer together.
  static let innerSize = 1 << 20
  /// At least one pair that can turn.
  static let headDimension = 2...1024

  /// Bytes of the smallest metadata entry: key length, one key byte, type, one value byte.
  static let smallestMetadataByteCount = 8 + 1 + 4 + 1
  /// Bytes of the smallest array: element type and count.
  static let smallestArrayByteCount = 4 + 8
  /// Bytes of the smallest directory entry: name length, one name byte, rank, one dimension, type, offset.
  static let smallestTensorByteCount = 8 + 1 + 4 + 8 + 4 + 8
}
