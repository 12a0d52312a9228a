import CKernels
package import Inference
import Paging
import Tensors

/// The KV bytes of one worker: `pageCount` pages for each of its own layers. Ids come from the coordinator.
///
/// A page of a layer holds, for each key-value head, a key block and then a value block, laid out as `KVGeometry`
/// says. All layers' pages of an id lie together, so that a short text touches little memory. It is zero at first and
/// backed by the system only as it is touched.
package final class KVPageStore: @unchecked Sendable {
  package let geometry: KVGeometry
  package let layerCount: Int
  package let pageCount: Int
  // Safety: bytes are written and read only inside a stage's forward pass, whose threads touch disjoint blocks.
  private let buffer: AlignedBuffer<UInt8>
  private let base: UnsafeMutableRawPointer

  /// - Parameter isNodeLocal: bytes lie on the memory node of the thread that first writes them.
  /// - Throws: `AllocationError` when the system does not give the memory.
  package init(geometry: KVGeometry, layerCount: Int, pageCount: Int, isNodeLocal: Bool = false) throws {
    self.geometry = geometry
    self.layerCount = layerCount
    self.pageCount = pageCount
    let (perLayer, first) = geometry.pageByteCount.multipliedReportingOverflow(by: pageCount)
    let (total, second) = perLayer.multipliedReportingOverflow(by: max(1, layerCount))
    guard !first, !second else { throw KVStoreError.tooLarge(pageCount: pageCount, layerCount: layerCount) }
    buffer = try AlignedBuffer<UInt8>(count: max(64, total), isNodeLocal: isNodeLocal)
    base = UnsafeMutableRawPointer(buffer.baseAddress)
  }

  package var byteCount: Int { geometry.pageByteCount * pageCount * layerCount }

  /// `layer` counts from this worker's first.
  func keyBlock(layer: Int, page: PageID, head: Int) -> UnsafeMutableRawPointer {
    base + (Int(page.rawValue) * layerCount + layer) * geometry.pageByteCount
      + head * (geometry.keyBlockByteCount + geometry.valueBlockByteCount)
  }

  func valueBlock(layer: Int, page: PageID, head: Int) -> UnsafeMutableRawPointer {
    keyBlock(layer: layer, page: page, head: head) + geometry.keyBlockByteCount
  }

  /// The near view of a sequence's key block, in its ring.
  func nearBlock(of cache: SequenceCache, block: Int, layer: Int, head: Int) -> UnsafeMutableRawPointer {
    let place = cache.nearPlace(block: block)
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
