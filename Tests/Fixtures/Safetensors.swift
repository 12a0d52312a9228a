/// The bytes of a safetensors file.
package struct Safetensors {
  package let bytes: [UInt8]

  package init(_ tensors: [(name: String, type: String, shape: [Int], bytes: [UInt8])]) {
    var lines: [String] = []
    var offset = 0
    for tensor in tensors {
      let end = offset + tensor.bytes.count
      lines.append(
        #""\#(tensor.name)":{"dtype":"\#(tensor.type)","shape":\#(tensor.shape),"data_offsets":[\#(offset),\#(end)]}"#)
      offset = end
    }
    bytes = Self.file("{\(lines.joined(separator: ","))}", data: tensors.flatMap(\.bytes))
  }

  /// A file with this header, whatever it says.
  package static func file(_ header: String, data: [UInt8]) -> [UInt8] {
    withUnsafeBytes(of: UInt64(header.utf8.count).littleEndian) { Array($0) } + Array(header.utf8) + data
  }
}
