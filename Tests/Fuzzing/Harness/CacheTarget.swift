import Wire

@testable import WeightDistribution

enum CacheTarget {
  /// A cache's folder under whatever may happen to it: blocks right and wrong, ends in the middle, damage, a disk that
  /// fails, and machines that go down.
  static let cache = FuzzTarget(name: "cache", maximumByteCount: 128) {
    [
      [0, 0, 0, 1, 0, 2, 5, 0], [0, 2, 2, 0, 0, 0, 3, 9, 0, 1, 5, 0, 4, 200, 6, 0], [3, 0, 4, 0, 0, 0],
      [0, 0, 0, 1, 0, 2, 7, 1, 5, 0, 8, 0, 0, 1], [7, 2, 0, 0, 0, 1, 8, 0, 0, 2, 0, 1, 0, 0, 5, 0],
    ]
  } run: { bytes in
    let disk = MemoryDisk()
    var cache = BlobStore(folder: "/cache", disk: disk)
    let path = cache.path(of: content.id)
    var fill: BlobFill?
    var reader = InputReader(bytes)
    while !reader.isEmpty {
      let (operation, argument) = (reader.byte() % 9, Int(reader.byte()))
      switch operation {
      case 0, 1:
        fill = fill ?? (try? cache.fill(content))
        let index = argument % 3
        var block = Array(contentBytes[content.range(ofBlock: index)])
        if operation == 1 { block[argument % block.count] ^= 1 }
        let isTaken = block.withUnsafeBytes { try? fill?.take(index, $0) } ?? false
        require(operation == 0 || !isTaken, "a wrong block is not taken")
      case 2: fill = nil
      case 3: disk.damage("\(path).part", argument)
      case 4: disk.damage(path, argument)
      case 5:
        if let full = fill, full.missing.isEmpty {
          // Whatever it throws, the fill is over.
          try? full.finish()
          fill = nil
        }
      case 6: _ = try? cache.trim(to: argument * 100)
      case 7: disk.fail(after: argument % 16)
      default:
        fill = nil
        disk.goDown()
        cache = BlobStore(folder: "/cache", disk: disk)
      }
      if (try? cache.holds(content)) ?? false {
        require(disk.holds(contentBytes, at: path), "what is held is right")
      }
    }
    fill = nil
    require(disk.openCount == 0, "descriptors are closed")
  }

  static let contentBytes = (0..<2 * WireLimits.blockByteCount + 77).map {
    UInt8(truncatingIfNeeded: $0 &* 31 ^ $0 >> 11)
  }

  private static let content: HashedContent = {
    let hashes = stride(from: 0, to: contentBytes.count, by: WireLimits.blockByteCount).flatMap { start in
      ContentID(of: contentBytes[start..<min(start + WireLimits.blockByteCount, contentBytes.count)]).bytes
    }
    guard let content = HashedContent(byteCount: contentBytes.count, blockHashes: hashes) else {
      preconditionFailure("three blocks have three hashes")
    }
    return content
  }()
}
