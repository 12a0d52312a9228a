import Core
import Tensors
import Testing
import Transformer

@Suite("The speed of a device")
struct DeviceSpeedTests {
  @Test("is a number that this century's machines have, whatever memory there is for it", arguments: [0, 1 << 20])
  func measured(byteCount: Int) throws {
    var rate = SteadyRate()
    (rate.windowCount, rate.window) = (1, 1)
    let speed = try CPUDevice(threadCount: 2).measureSpeed(byteCount: byteCount, rate: rate)
    for number in [speed.prefill, speed.decode] { #expect(number > 1e-5 && number < 1e5) }
  }

  @Test("is not measured where the threads cannot be had")
  func refused() {
    #expect(throws: ComputePoolError.self) { try CPUDevice(threadCount: 0).measureSpeed(byteCount: 0) }
  }
}
