import CKernels
package import Core
import Paging
import Tensors

/// The KV bytes of one worker: `pageCount` pages for each of its own layers. Ids come from the coordinator.
///
/// A layer that attends to another's keys has no bytes of its own: its blocks are those of the other.
///
/// A page of a layer holds, for each key-value head, a key block and then a value block, laid out as the layer's
/// `KVGeometry` says. All layers' pages of an id lie together, so that a short text touches little memory. It is zero
/// at first and backed by the system only as it is touched.
package final class KVPageStore: @unchecked Sendable {
  /// Where a layer's part of a page lies.
  private struct Layer {
    /// From the beginning of the page.
    let offset: Int
    /// Of a head's key block.
    let keyByteCount: Int
    /// Of a head's key and value block.
    let headByteCount: Int
  }

  package let elementType: KVElementType
  package let pageCount: Int
  private let layers: [Layer]
  /// Bytes of all layers' pages of one id.
  private let pageByteCount: Int
  // Safety: bytes are written and read only inside a stage's forward pass, whose threads touch disjoint blocks.
  private let buffer: AlignedBuffer<UInt8>
  private let base: UnsafeMutableRawPointer

  /// - Parameters:
  ///   - layers: the shapes of this worker's layers, from its first; layers whose keys others attend to are among them.
  ///   - isNodeLocal: bytes lie on the NUMA node of the thread that first writes them.
  /// - Throws: `AllocationError` when the system does not give the memory.
  package init(
    layers: [AttentionShape], elementType: KVElementType, pageCount: Int, isNodeLocal: Bool = false
  ) throws {
    self.elementType = elementType
    self.pageCount = pageCount
    var end = 0
    var places: [Layer] = []
    for layer in layers {
      if let distance = layer.keySourceDistance {
        places.append(places[places.count - distance])
        continue
      }
      let geometry = KVGeometry(attention: layer, elementType: elementType)
      places.append(
        Layer(
          offset: end, keyByteCount: geometry.keyBlockByteCount,
          headByteCount: geometry.keyBlockByteCount + geometry.valueBlockByteCount))
      end += geometry.pageByteCount
    }
    self.layers = places
    pageByteCount = end
    let (total, overflows) = end.multipliedReportingOverflow(by: pageCount)
    guard !overflows else { throw KVStoreError.tooLarge(pageCount: pageCount, layerCount: layers.count) }
    buffer = try AlignedBuffer<UInt8>(count: max(64, total), isNodeLocal: isNodeLocal)
    base = UnsafeMutableRawPointer(buffer.baseAddress)
  }

  package var layerCount: Int { layers.count }
  package var byteCount: Int { pageByteCount * pageCount }

  /// `layer` counts from this worker's first.
  func keyBlock(layer: Int, page: PageID, head: Int) -> UnsafeMutableRawPointer {
    let place = layers[layer]
    return base + Int(page.rawValue) * pageByteCount + place.offset + head * place.headByteCount
  }

  func valueBlock(layer: Int, page: PageID, head: Int) -> UnsafeMutableRawPointer {
    keyBlock(layer: layer, page: page, head: head) + layers[layer].keyByteCount
  }

  /// The neighbor view of a sequence's key block, in its ring.
  func neighborBlock(of cache: SequenceCache, block: Int, layer: Int, head: Int) -> UnsafeMutableRawPointer {
    let place = cache.neighborPlace(block: block)
    return place.inValueHalf
      ? valueBlock(layer: layer, page: place.page, head: head) : keyBlock(layer: layer, page: place.page, head: head)
  }
}

/// A page store that cannot exist.
package enum KVStoreError: Error, CustomStringConvertible {
  case tooLarge(pageCount: Int, layerCount: Int)
  package var description: String {
    switch self {
    case .tooLarge(let pageCount, let layerCount):
      "\(pageCount) KV pages of \(layerCount) layers are more bytes than can be addressed"
    }
  }
}

extension KVElementType {
  var kernelType: lh_type {
    switch self {
    case .i16: LH_I16
    case .f16: LH_F16
    case .bf16: LH_BF16
    case .q8_0: LH_Q8_0
    case .f32: LH_F32
    }
  }
}
