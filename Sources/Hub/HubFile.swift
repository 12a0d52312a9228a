import JSON

/// A file of a repository, as the hub lists it.
package struct HubFile: Hashable, Sendable {
  /// What the bytes must hash to.
  enum Digest: Hashable, Sendable {
    /// Of the bytes; large files have it.
    case sha256(String)
    /// Git's, SHA-1 over a line with the length and the bytes; small files have it.
    case gitBlob(String)

    /// The name of its blob in the cache.
    var name: String {
      switch self {
      case .sha256(let digits), .gitBlob(let digits): digits
      }
    }
  }

  /// Below the repository.
  package let path: String
  package let byteCount: Int
  let digest: Digest

  private static let listLimit = 100_000

  /// Reads an answer to a request for a tree.
  static func list(_ answer: [UInt8]) throws(HubError) -> [HubFile] {
    let value: JSONValue
    do throws(JSONError) {
      value = try JSONParser.parse(answer)
    } catch {
      throw HubError(.damaged, "the hub's list of files is no JSON: \(error)")
    }
    guard let items = value.array, items.count <= listLimit else {
      throw HubError(.damaged, "the hub's list of files is no list of at most \(listLimit)")
    }
    var files: [HubFile] = []
    for item in items where item["type"]?.string == "file" {
      guard let path = item["path"]?.string, HubReference.isPath(path) else {
        throw HubError(.damaged, "the hub lists a file whose path leads out of the repository")
      }
      let large = item["lfs"]
      guard let byteCount = (large?["size"] ?? item["size"])?.integer, byteCount >= 0,
        let digest = digest(large?["oid"]?.string, item["oid"]?.string)
      else { throw HubError(.damaged, "the hub lists '\(path)' without a size or a hash") }
      files.append(HubFile(path: path, byteCount: byteCount, digest: digest))
    }
    return files
  }

  private static func digest(_ large: String?, _ small: String?) -> Digest? {
    if let large { return isHex(large, count: 64) ? .sha256(large) : nil }
    guard let small, isHex(small, count: 40) else { return nil }
    return .gitBlob(small)
  }

  /// Lower-case digits alone: they end up in paths.
  static func isHex(_ text: String, count: Int) -> Bool {
    text.utf8.count == count
      && text.utf8.allSatisfy {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains($0)
      }
  }
}
